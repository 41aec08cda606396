//! Command lines of `install` and `upgrade` that do not make sense.

use std::io;

use attune_host::preferences::RegistriesError;
use attune_host::root::RootError;
use attune_registry::origin::OriginError;
use attune_schemas::problem::ErrorCode;

use crate::cli::args::unsigned::UnsignedUsage;
use crate::cli::hints::Hint;
use crate::failure::Failed;
use crate::source::SourceNameError;

/// A command line that does not make sense.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum UsageError {
    #[error("`{0}` is neither a bundle file nor a pack: {1}")]
    NotAPack(String, String),
    #[error("`{0}`: a bundle must come first, and only one")]
    SecondBundle(String),
    #[error("`{0}` is not signed")]
    Unsigned(String),
    #[error(transparent)]
    UnsignedUsage(#[from] UnsignedUsage),
    #[error("`{0}` cannot be installed together with packs that nobody signed")]
    MixedSources(String),
    #[error("a bundle and --registry were both given; use one of them")]
    TwoSources,
    #[error(transparent)]
    Source(#[from] SourceNameError),
    #[error("no source was named, and the host knows no registry")]
    NoSource,
    #[error("a root to trust was given without its bundle or registry")]
    TrustWithoutSource,
    #[error("`{file}` cannot be read")]
    SetFile {
        file: String,
        #[source]
        source: io::Error,
    },
    #[error("`{file}` cannot be used: {fault}")]
    Set { file: String, fault: String },
    #[error("`{file}`, line {line}: {fault}")]
    SetEntry { file: String, line: usize, fault: String },
    #[error("`{file}` names registry {place}, which the host does not know")]
    SetRegistry { file: String, place: String },
    #[error("packs were named beside {file}, which names all that is wanted")]
    PacksBesideSet { file: String },
    #[error("`{0}` is neither a bundle, nor the number of a generation, nor `current`")]
    NotASide(String),
    #[error("standard input was named twice, and can be read once")]
    InputTwice,
    #[error(transparent)]
    Root(#[from] RootError),
    #[error(transparent)]
    Registries(#[from] RegistriesError),
}

impl UsageError {
    /// The failure of a word that names no source.
    pub(in crate::cli) fn of_origin(error: OriginError) -> Self {
        UnsignedUsage::from(error).into()
    }
}

impl Failed for UsageError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NotAPack(..) => ErrorCode::NotASource,
            Self::SecondBundle(_) => ErrorCode::SecondBundle,
            Self::TwoSources | Self::MixedSources(_) => ErrorCode::TwoSources,
            Self::Unsigned(_) => ErrorCode::Unsigned,
            Self::UnsignedUsage(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::NoSource => ErrorCode::NoSource,
            Self::TrustWithoutSource => ErrorCode::TrustWithoutSource,
            Self::SetFile { .. } | Self::Set { .. } => ErrorCode::PackSetUnreadable,
            Self::SetEntry { .. } => ErrorCode::PackSetNotForHost,
            Self::SetRegistry { .. } => ErrorCode::RegistryNotKnown,
            Self::PacksBesideSet { .. } | Self::InputTwice | Self::NotASide(_) => ErrorCode::CommandLine,
            Self::Root(error) => error.code(),
            Self::Registries(error) => error.code(),
        }
    }
}

impl Hint for UsageError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Unsigned(_) => Some(
                "pass --allow-unsigned to have this host sign it itself, if you trust where it comes from; else have \
                 it published with `attune-build add REGISTRY SOURCE`"
                    .to_owned(),
            ),
            Self::MixedSources(_) => Some("install it with a command of its own".to_owned()),
            Self::UnsignedUsage(error) => error.hint(),
            Self::NoSource => Some(
                "name a bundle by a path with a `/` or the ending .tar.zst, or add a registry: \
                 `attune-install registry add URL|DIR --trust ROOT.json`"
                    .to_owned(),
            ),
            Self::TrustWithoutSource => Some(
                "name the registry with --registry, or add it with its root: \
                 `attune-install registry add URL|DIR --trust ROOT.json`"
                    .to_owned(),
            ),
            Self::SetFile { .. } => Some("name a file in the format attune.set/v1".to_owned()),
            Self::Set { .. } => Some(
                "correct the file; its format is described in docs/FORMATS.md, \"Pack set\"".to_owned(),
            ),
            Self::SetEntry { .. } => Some(
                "correct the entry: a host installs packs by their names, `pack = \"weather\"`, and \
                 `attune-build add REGISTRY --from-file FILE` adds sources to a registry"
                    .to_owned(),
            ),
            Self::SetRegistry { place, .. } => Some(format!(
                "add it with its root: `attune-install registry add {place} --trust ROOT.json`; or name a bundle, or \
                 --registry"
            )),
            Self::PacksBesideSet { .. } => Some("add the packs to the file, or install them by themselves".to_owned()),
            Self::NotASide(_) => Some(
                "name a bundle by a path with a `/` or the ending .tar.zst; `attune-install history` lists the generations"
                    .to_owned(),
            ),
            Self::InputTwice => Some("name one of them by its file".to_owned()),
            Self::Root(error) => error.hint(),
            Self::Registries(error) => error.hint(),
            _ => None,
        }
    }
}

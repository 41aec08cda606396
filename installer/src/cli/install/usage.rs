//! Command lines of `install` and `upgrade` that do not make sense.

use attune_host::preferences::RegistriesError;
use attune_host::root::RootError;
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
    #[error("packs were named without a source, and the host knows no registry")]
    NoSource,
    #[error("a root to trust was given without its bundle or registry")]
    TrustWithoutSource,
    #[error(transparent)]
    Root(#[from] RootError),
    #[error(transparent)]
    Registries(#[from] RegistriesError),
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
            Self::Root(error) => error.hint(),
            Self::Registries(error) => error.hint(),
            _ => None,
        }
    }
}

//! Why no bundle was exported.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use attune_host::inventory::InventoryError;
use attune_host::process::Interrupted;
use attune_host::root::RootError;
use attune_registry::bundle::BundleError;
use attune_registry::reader::ReaderError;
use attune_registry::source::SourceError;
use attune_registry::trust::Verdict;
use attune_schemas::problem::ErrorCode;
use attune_schemas::{PackRef, Version};

use crate::failure::Failed;
use crate::plan::ChooseError;
use crate::source::VerifyError;

/// Why no bundle was exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The root cannot be read.
    #[error(transparent)]
    Root(#[from] RootError),
    /// Nothing is installed, or not the pack that was named.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// No pack is installed.
    #[error("no packs are installed")]
    NoPacks,
    /// Nobody but this host signed these packs.
    #[error("this host alone signed {}", in_words(packs))]
    Unsigned {
        /// The packs.
        packs: Vec<PackRef>,
    },
    /// The packs are of several registries.
    #[error("a bundle is of one registry, and these packs are of {}", registries_in_words(packs))]
    SeveralRegistries {
        /// The packs of each registry.
        packs: BTreeMap<String, Vec<PackRef>>,
    },
    /// The source is of another registry.
    #[error("the packs are of registry `{registry}`, and the source is of `{found}`")]
    OtherRegistry {
        /// The registry of the packs.
        registry: String,
        /// That of the source.
        found: String,
    },
    /// The source has not the releases that are installed.
    #[error("{source_name} lacks releases as they are installed here: {}", releases_in_words(releases))]
    Missing {
        /// The source.
        source_name: String,
        /// Whether it is what this host keeps.
        is_kept: bool,
        /// The releases.
        releases: Vec<(PackRef, Version)>,
    },
    /// An earlier program installed a pack and kept too little of it.
    #[error("an earlier program kept too little of what is installed in `{}`", root.display())]
    NotKept {
        /// The root.
        root: PathBuf,
    },
    /// The source cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The source is not trusted.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The source does not hold what it lists.
    #[error(transparent)]
    Choose(#[from] ChooseError),
    /// The source is not what its metadata says.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// There is a file already.
    #[error("there is a file `{}` already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The bundle cannot be written.
    #[error("the bundle `{}` could not be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file on the way cannot be written.
    #[error("a file could not be written")]
    Io(#[source] io::Error),
    /// The bundle cannot be put together.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Failed for ExportError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Inventory(error) => error.code(),
            Self::NoPacks => ErrorCode::NotInstalled,
            Self::Unsigned { .. } => ErrorCode::Unsigned,
            Self::SeveralRegistries { .. } | Self::OtherRegistry { .. } => ErrorCode::OtherRegistry,
            Self::Missing { .. } => ErrorCode::NoVersion,
            Self::NotKept { .. } => ErrorCode::GenerationDamaged,
            Self::Source(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Choose(error) => error.code(),
            Self::Reader(error) => Failed::code(error),
            Self::Exists { .. } | Self::Write { .. } | Self::Io(_) | Self::Bundle(_) => {
                ErrorCode::BundleNotWritten
            }
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Verify(error) => error.verdict(),
            Self::Choose(error) => error.verdict(),
            Self::Reader(error) => error.verdict(),
            _ => None,
        }
    }
}

fn in_words(packs: &[PackRef]) -> String {
    packs.iter().map(|pack| format!("`{pack}`")).collect::<Vec<_>>().join(", ")
}

fn registries_in_words(packs: &BTreeMap<String, Vec<PackRef>>) -> String {
    let one = |(registry, packs): (&String, &Vec<PackRef>)| format!("`{registry}` ({})", in_words(packs));
    packs.iter().map(one).collect::<Vec<_>>().join(" and ")
}

fn releases_in_words(releases: &[(PackRef, Version)]) -> String {
    releases.iter().map(|(pack, version)| format!("{pack} {version}")).collect::<Vec<_>>().join(", ")
}

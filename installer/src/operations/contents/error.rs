//! Why contents could not be looked at.

use attune_host::inventory::InventoryError;
use attune_host::preferences::RegistriesError;
use attune_host::root::RootError;
use attune_registry::contents::ContentsError;
use attune_registry::source::SourceError;
use attune_registry::trust::Verdict;
use attune_schemas::problem::ErrorCode;
use attune_schemas::{PackRequest, Version};

use crate::failure::Failed;
use crate::operations::LifecycleError;
use crate::source::{FindError, PackSourceError, UnsignedError, VerifyError};

/// Why contents could not be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookError {
    /// The root cannot be read.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The bundle or registry cannot be read.
    #[error(transparent)]
    Contents(#[from] ContentsError),
    /// A source cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A registry is not trusted.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// Packs that nobody signed cannot be had.
    #[error(transparent)]
    Unsigned(Box<UnsignedError>),
    /// The known registries cannot be read.
    #[error(transparent)]
    Registries(#[from] RegistriesError),
    /// A known registry cannot be read.
    #[error(transparent)]
    Find(#[from] FindError),
    /// Nothing is installed, or not the pack that was named.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// A generation cannot be read.
    #[error(transparent)]
    Generation(#[from] LifecycleError),
    /// No registry has the pack, and it is not installed.
    #[error("no registry that was asked has pack `{}`, and it is not installed", .0.pack)]
    NoPack(PackRequest),
    /// The registry has other versions of the pack.
    #[error("there is no release `{request}`; there are {}", in_words(there))]
    NoVersion {
        /// The pack with the versions that were asked for.
        request: PackRequest,
        /// The versions that are there.
        there: Vec<Version>,
    },
}

impl From<PackSourceError> for LookError {
    fn from(error: PackSourceError) -> Self {
        match error {
            PackSourceError::Verify(error) => Self::Verify(error),
            PackSourceError::Known(error) => Self::Registries(error),
            PackSourceError::Source(error) => Self::Source(error),
            PackSourceError::Unsigned(error) => Self::Unsigned(error),
        }
    }
}

impl Failed for LookError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Contents(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Registries(error) => error.code(),
            Self::Unsigned(error) => error.code(),
            Self::Find(error) => error.code(),
            Self::Inventory(error) => error.code(),
            Self::Generation(error) => error.code(),
            Self::NoPack(_) => ErrorCode::UnknownPack,
            Self::NoVersion { .. } => ErrorCode::NoVersion,
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Contents(error) => error.verdict(),
            Self::Verify(error) => error.verdict(),
            Self::Find(error) => error.verdict(),
            _ => None,
        }
    }
}

fn in_words(versions: &[Version]) -> String {
    versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

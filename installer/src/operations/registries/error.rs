//! Why the known registries could not be shown or changed.

use attune_host::preferences::RegistriesError;
use attune_host::root::RootError;
use attune_host::transaction::AccessError;
use attune_registry::source::SourceError;
use attune_registry::trust::{StateError, TrustError, Verdict};
use attune_schemas::problem::ErrorCode;

use crate::failure::Failed;
use crate::source::{PlaceError, VerifyError};

/// Why the known registries could not be shown or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The root cannot be changed now.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The list cannot be read, or has no such registry.
    #[error(transparent)]
    Known(#[from] RegistriesError),
    /// The location cannot be kept.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The registry could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The registry is not trusted.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The trust state cannot be read or kept.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

impl From<StateError> for RegistryError {
    fn from(error: StateError) -> Self {
        Self::Trust(error.into())
    }
}

impl Failed for RegistryError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Known(error) => error.code(),
            Self::Place(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Trust(error) => Failed::code(error),
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Verify(error) => error.verdict(),
            Self::Trust(error) => error.verdict(),
            _ => None,
        }
    }
}

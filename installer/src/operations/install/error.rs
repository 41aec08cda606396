//! Why an install failed.

use attune_host::ChangeError;
use attune_host::database::DatabaseError;
use attune_host::inventory::InventoryError;
use attune_host::preferences::RegistriesError;
use attune_host::process::Interrupted;
use attune_host::root::RootError;
use attune_host::transaction::{AccessError, RecoverError};
use attune_registry::source::SourceError;
use attune_registry::trust::{TrustError, Verdict};
use attune_schemas::problem::ErrorCode;

use super::pack_set::PackSetError;
use crate::environments::{BuildError, RecipeError};
use crate::failure::Failed;
use crate::migrations::MigrationError;
use crate::pack_tests::TestError;
use crate::plan::{ChooseError, PlanError};
use crate::source::{PackSourceError, UnsignedError, VerifyError};
use crate::unpack::UnpackError;

/// Why an install failed. Unless it is unfinished, the root is as it was before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The root cannot be changed now.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The source could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The source is not trusted.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The known registries cannot be read, or the one that is wanted is none of them.
    #[error(transparent)]
    Registries(RegistriesError),
    /// Packs that nobody signed cannot be had, or signed.
    #[error(transparent)]
    Unsigned(Box<UnsignedError>),
    /// A pack that is to be upgraded is not installed.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// The set cannot be what is installed.
    #[error(transparent)]
    PackSet(#[from] PackSetError),
    /// No releases could be chosen.
    #[error(transparent)]
    Choose(#[from] ChooseError),
    /// The host cannot take what was chosen.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A blob could not be fetched or unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// An environment could not be linked.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// An environment could not be built by its steps.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The packs' tests failed or could not run.
    #[error(transparent)]
    Tests(#[from] TestError),
    /// A migration failed or could not run.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The trust state could not be kept.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The change of the host failed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<PackSourceError> for InstallError {
    fn from(error: PackSourceError) -> Self {
        match error {
            PackSourceError::Verify(error) => Self::Verify(error),
            PackSourceError::Known(error) => Self::Registries(error),
            PackSourceError::Source(error) => Self::Source(error),
            PackSourceError::Unsigned(error) => Self::Unsigned(error),
        }
    }
}

impl Failed for InstallError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Registries(error) => error.code(),
            Self::Unsigned(error) => error.code(),
            Self::Inventory(error) => error.code(),
            Self::PackSet(error) => error.code(),
            Self::Choose(error) => error.code(),
            Self::Plan(error) => error.code(),
            Self::Unpack(error) => error.code(),
            Self::Build(error) => error.code(),
            Self::Recipe(error) => error.code(),
            Self::Tests(error) => error.code(),
            Self::Migration(error) => error.code(),
            Self::Trust(error) => Failed::code(error),
            Self::Database(error) => error.code(),
            Self::Change(error) => error.code(),
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Verify(error) => error.verdict(),
            Self::Choose(error) => error.verdict(),
            Self::Plan(error) => error.verdict(),
            Self::Trust(error) => error.verdict(),
            _ => None,
        }
    }
}

impl InstallError {
    /// Whether the packs are registered and only the last step is left to do.
    pub const fn is_unfinished(&self) -> bool {
        matches!(
            self,
            Self::Change(ChangeError::Unfinished(_))
                | Self::Access(AccessError::Recover(
                    RecoverError::Unfinished { .. } | RecoverError::Unclear { .. }
                ))
        )
    }
}

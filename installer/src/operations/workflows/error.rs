//! Why workflows could not be brought in step, or checked.

use attune_host::ChangeError;
use attune_host::database::SyncError;
use attune_host::inventory::InventoryError;
use attune_host::process::Interrupted;
use attune_host::root::RootError;
use attune_host::transaction::AccessError;
use attune_registry::pack_directory::PackDirectoryError;
use attune_schemas::problem::ErrorCode;

use crate::failure::Failed;

/// Why workflows could not be brought in step, or checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkflowError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The root cannot be changed now.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Nothing is installed, or no such pack.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// Files and rows cannot be compared.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The change of the host failed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The pack's directory cannot be read.
    #[error(transparent)]
    Directory(#[from] PackDirectoryError),
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Failed for WorkflowError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Inventory(error) => error.code(),
            Self::Sync(SyncError::Root(error)) => error.code(),
            Self::Sync(SyncError::Database(error)) => error.code(),
            Self::Sync(SyncError::NotKept { .. }) => ErrorCode::GenerationDamaged,
            Self::Change(error) => error.code(),
            Self::Directory(error) => error.code(),
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }
}

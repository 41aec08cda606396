//! The remedies of failures to bring workflows in step, and to check them.

use attune_host::database::SyncError;

use super::Hint;
use crate::operations::WorkflowError;

impl Hint for WorkflowError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Access(error) => error.hint(),
            Self::Inventory(error) => error.hint(),
            Self::Sync(SyncError::Root(error)) => error.hint(),
            Self::Sync(SyncError::Database(error)) => error.hint(),
            Self::Sync(SyncError::NotKept { .. }) => {
                Some("install the packs again from their bundle or registry with `--reinstall`".to_owned())
            }
            Self::Change(error) => error.hint(),
            Self::Directory(error) => error.hint(),
            Self::Interrupted(_) => Some(super::NOTHING_CHANGED.to_owned()),
        }
    }
}

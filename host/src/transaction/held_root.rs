//! A root in the hands of one process.

use std::path::PathBuf;

use jiff::Timestamp;

use super::lead_back::lead_current_back;
use super::recover::{RecoverError, Recovery, recover, recover_leftovers};
use crate::database::set_aside_damaged;
use crate::root::{CreatedPaths, HostRoot, InstallLock, LockError, RootError};

/// Why a root cannot be changed now.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The root cannot be used.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The root is busy or cannot be written.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// An earlier change could not be completed or undone.
    #[error(transparent)]
    Recover(#[from] RecoverError),
}

/// A root that is ours, locked, and whole: whatever an earlier process left is completed or undone.
///
/// Paths that locking had to create are removed again when this is dropped, unless they are kept.
#[derive(Debug)]
pub struct HeldRoot {
    // Dropped before the lock is: what is taken away must not be another's by then.
    created: CreatedPaths,
    _lock: InstallLock,
}

impl HeldRoot {
    /// Takes hold of `root`.
    pub fn acquire(root: &HostRoot, now: Timestamp) -> Result<Self, AccessError> {
        let held = Self::lock(root)?;
        recover(root, now)?;
        Ok(held)
    }

    /// Takes hold of `root` and leaves it to the caller that its database and `current` may differ.
    ///
    /// # Errors
    /// Those of [`Self::acquire`].
    pub fn acquire_as_it_is(root: &HostRoot) -> Result<Self, AccessError> {
        let held = Self::lock(root)?;
        recover_leftovers(root)?;
        Ok(held)
    }

    fn lock(root: &HostRoot) -> Result<Self, AccessError> {
        root.require_ours()?;
        let mut created = CreatedPaths::default();
        let lock = InstallLock::acquire(root, &mut created)?;
        let held = Self { created, _lock: lock };
        root.require_links()?;
        Ok(held)
    }

    /// Takes hold of `root` to repair it: links at its top that lead elsewhere go, and a database
    /// that is damaged is set aside, first. Tells where that is now, and
    /// what else had to be done.
    ///
    /// # Errors
    /// Those of [`Self::acquire`].
    pub fn acquire_to_repair(
        root: &HostRoot,
        now: Timestamp,
    ) -> Result<(Self, Option<PathBuf>, Recovery), AccessError> {
        // The installer never makes such a link, so nobody loses one.
        for (path, _) in root.misleading_links().map_err(|source| root.failed(source))? {
            fs_err::remove_file(path).map_err(|source| root.failed(source))?;
        }
        let held = Self::lock(root)?;
        let aside = set_aside_damaged(root).map_err(|source| root.failed(source))?;
        if let Some(aside) = &aside {
            tracing::warn!("the database is damaged; it is kept as `{}`", aside.display());
        }
        let led_back = lead_current_back(root)?;
        let mut recovery = recover(root, now)?;
        recovery.linked_again = recovery.linked_again.or(led_back);
        Ok((held, aside, recovery))
    }

    /// Keeps what locking created.
    pub fn keep(&mut self) {
        self.take_created().keep();
    }

    /// What locking created, to be added to.
    pub fn created(&mut self) -> &mut CreatedPaths {
        &mut self.created
    }

    /// Hands over what locking created.
    pub fn take_created(&mut self) -> CreatedPaths {
        std::mem::take(&mut self.created)
    }
}

//! A root in the hands of one process.

use attune_schemas::problem::WarningCode;
use std::path::PathBuf;

use super::access::Access;
use super::recover::{RecoverError, Recovery, lead_current_back, recover, recover_leftovers};
use crate::database::set_aside_damaged;
use crate::generation::Generation;
use crate::process::Interrupted;
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
    /// A signal asked to stop, while another change was waited for.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// A root that is ours, locked, and whole: whatever an earlier process left is completed or undone.
///
/// Paths that locking had to create are removed again when this is dropped, unless they are kept.
#[derive(Debug)]
pub struct HeldRoot {
    // Dropped before the lock is: what is taken away must not be another's by then.
    created: CreatedPaths,
    active: Option<Generation>,
    _lock: InstallLock,
}

/// What had to be put right before a root could be taken hold of to repair it.
#[derive(Debug)]
pub struct MendedAtOnce {
    /// Directories into which everybody could write.
    pub closed: Vec<PathBuf>,
    /// Where the damaged database is.
    pub aside: Option<PathBuf>,
    /// What an earlier process or person left.
    pub recovery: Recovery,
}

impl HeldRoot {
    /// Takes hold of `root`.
    pub fn acquire(root: &HostRoot, access: &Access<'_>) -> Result<Self, AccessError> {
        let mut held = Self::lock(root, access)?;
        (_, held.active) = recover(root, access.now)?;
        Ok(held)
    }

    /// Takes hold of `root` and leaves it to the caller that its database and `current` may differ.
    ///
    /// # Errors
    /// Those of [`Self::acquire`].
    pub fn acquire_as_it_is(root: &HostRoot, access: &Access<'_>) -> Result<Self, AccessError> {
        let held = Self::lock(root, access)?;
        recover_leftovers(root)?;
        Ok(held)
    }

    fn lock(root: &HostRoot, access: &Access<'_>) -> Result<Self, AccessError> {
        let held = Self::acquire_to_purge(root, access)?;
        // Whoever held it before may have been removing it.
        root.require_not_half_purged()?;
        root.require_links()?;
        Ok(held)
    }

    /// Takes hold of `root` to remove it, whatever is left of it.
    ///
    /// # Errors
    /// It is not ours, or busy.
    pub fn acquire_to_purge(root: &HostRoot, access: &Access<'_>) -> Result<Self, AccessError> {
        root.require_ours()?;
        let mut created = CreatedPaths::default();
        let lock = access.lock(root, &mut created)?;
        Ok(Self { created, active: None, _lock: lock })
    }

    /// Takes hold of `root` to repair it: its top is put right first, and a database that is damaged set aside.
    ///
    /// # Errors
    /// Those of [`Self::acquire`].
    pub fn acquire_to_repair(
        root: &HostRoot,
        access: &Access<'_>,
    ) -> Result<(Self, MendedAtOnce), AccessError> {
        let closed = root.mend_top().map_err(|source| root.failed(source))?;
        let held = Self::lock(root, access)?;
        let aside = set_aside_damaged(root).map_err(|source| root.failed(source))?;
        if let Some(aside) = &aside {
            tracing::warn!(code = %WarningCode::SetAside, "the database is damaged; it is kept as `{}`", aside.display());
        }
        let led_back = lead_current_back(root)?;
        let (mut recovery, _) = recover(root, access.now)?;
        recovery.linked_again = recovery.linked_again.or(led_back);
        Ok((held, MendedAtOnce { closed, aside, recovery }))
    }

    /// Hands over the active generation, if it was read when the root was taken hold of: nobody has changed it since.
    pub fn take_active(&mut self) -> Option<Generation> {
        self.active.take()
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

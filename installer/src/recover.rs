//! What every start does first: completes or undoes what an earlier process left.
//!
//! The database's transaction is the point of no return. A generation that it holds is complete, so
//! the link is moved to it; whatever it does not hold is taken out again.

use std::io;

use crate::activate::point_current_at;
use crate::error::InstallError;
use crate::host::HostRoot;
use crate::journal::StagingJournal;
use crate::register::Database;

/// What was found and mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovery {
    /// A generation that was registered but not yet active.
    pub completed: Option<u64>,
    /// Installs that were undone.
    pub undone: usize,
}

/// Mends `root`; the lock must be held.
pub fn recover(root: &HostRoot) -> Result<Recovery, InstallError> {
    let failed = |source| InstallError::Root { root: root.path().to_owned(), source };
    let leftovers = leftovers(root).map_err(failed)?;
    let mut recovery = Recovery::default();
    if leftovers.is_empty() {
        return Ok(recovery);
    }
    let registered = Database::registered_generation(root)?;
    let active = root.active_generation().map_err(failed)?;
    if let Some(registered) = registered
        && active != Some(registered)
        && root.generation(registered).join("generation.json").is_file()
    {
        point_current_at(root, registered).map_err(failed)?;
        recovery.completed = Some(registered);
    }
    for directory in leftovers {
        if let Some(journal) = StagingJournal::load(&directory).map_err(failed)?
            && Some(journal.generation()) != registered
        {
            journal.undo(root);
            recovery.undone += 1;
        }
        fs_err::remove_dir_all(&directory).map_err(failed)?;
    }
    let _ = fs_err::remove_dir(root.staging());
    Ok(recovery)
}

fn leftovers(root: &HostRoot) -> io::Result<Vec<std::path::PathBuf>> {
    match fs_err::read_dir(root.staging()) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

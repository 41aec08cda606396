//! What every start does first: completes or undoes what an earlier process left.
//!
//! The database's transaction is the point of no return. A generation that it holds is complete, so
//! the link is moved to it; whatever it does not hold is taken out again.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::blob::Durability;
use attune_registry::trust::{TrustError, TrustStore};

use crate::database::{Database, DatabaseError};
use crate::generation::{ENTRY_LINKS, point_current_at};
use crate::root::{HostRoot, RootError, StoreKind, remove_tree};
use crate::transaction::STAGED_TRUST;
use crate::transaction::StagingJournal;

/// Why a root could not be mended.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The database cannot be read.
    #[error(transparent)]
    Register(#[from] DatabaseError),
    /// The trust state cannot be taken over.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Everything is in place and registered, and the last step failed.
    #[error("generation {generation} is complete and registered, but could not be made active")]
    Unfinished {
        /// The generation.
        generation: u64,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// What was found and mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovery {
    /// A generation that was registered but not yet active.
    pub completed: Option<u64>,
    /// Installs that were undone.
    pub undone: usize,
}

/// Mends `root`; the lock must be held.
pub fn recover(root: &HostRoot) -> Result<Recovery, RecoverError> {
    let failed = |source| root.failed(source);
    let leftovers = leftovers(root).map_err(failed)?;
    let mut recovery = Recovery::default();
    if leftovers.is_empty() {
        // Left where the last process died between its last two steps; else it is not there.
        let _ = fs_err::remove_dir(root.staging());
        return Ok(recovery);
    }
    let registered = Database::registered_generation(root)?;
    for directory in leftovers {
        match StagingJournal::load(&directory).map_err(failed)? {
            Some(journal) if Some(journal.generation()) == registered => {
                complete(root, &directory, journal.generation(), Durability::Synced)?;
                recovery.completed = registered;
            }
            Some(journal) => {
                journal.undo(root).map_err(failed)?;
                recovery.undone += 1;
            }
            None => {}
        }
        remove_tree(&directory).map_err(failed)?;
    }
    let _ = fs_err::remove_dir(root.staging());
    if registered.is_none() && root.active_generation().map_err(failed)?.is_none() {
        empty(root);
    }
    Ok(recovery)
}

/// Does what was left to do of a generation that the database holds.
pub fn complete(
    root: &HostRoot,
    staging: &Path,
    generation: u64,
    durability: Durability,
) -> Result<(), RecoverError> {
    let staged = staging.join(STAGED_TRUST);
    for name in TrustStore::registries(&staged)? {
        TrustStore::new(&root.trust(), &name)
            .with_durability(durability)
            .adopt(&TrustStore::new(&staged, &name))?;
    }
    let unfinished = |source| RecoverError::Unfinished { generation, source };
    if root.active_generation().map_err(unfinished)? == Some(generation) {
        return Ok(());
    }
    point_current_at(root, generation, durability).map_err(unfinished)
}

/// Takes away what a first install that died had prepared.
fn empty(root: &HostRoot) {
    let database = root.database();
    let mut files: Vec<PathBuf> = ENTRY_LINKS.iter().map(|(name, _)| root.path().join(name)).collect();
    files.extend(["", "-wal", "-shm"].map(|suffix| database.with_extension(format!("db{suffix}"))));
    for file in files {
        // Links are only ever ours here, since others stop an install before it begins.
        let _ = fs_err::remove_file(file);
    }
    let directories = StoreKind::ALL.map(|kind| root.store_part(kind)).into_iter();
    for directory in directories.chain([root.path().join("store"), root.generations()]) {
        let _ = fs_err::remove_dir(directory);
    }
}

fn leftovers(root: &HostRoot) -> io::Result<Vec<std::path::PathBuf>> {
    match fs_err::read_dir(root.staging()) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

//! The first thing that every change does: completes or undoes what an earlier process left, and brings the
//! database and `current` together.
//!
//! The database's transaction is the point of no return. A generation that it holds is complete, so the link
//! is moved to it; whatever it does not hold is taken out again. Where nothing is left over and the two still
//! name different generations, somebody moved the link: `current` is believed, and the rows are written again.
//!
//! ```text
//! error      why a root could not be made whole
//! lock file  whether the active generation is what was registered
//! lead back  for a repair: `current`, where it leads to no generation
//! ```

mod error;
mod lead_back;
mod lock_file;

use attune_schemas::problem::WarningCode;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::remove_unfinished;
use attune_registry::blob::Durability;
use attune_registry::trust::{StateError, TrustStore};
use jiff::Timestamp;

use super::journal::StagingJournal;
use super::staging::STAGED_TRUST;
use super::step::Step;
use crate::database::{
    Database, OtherPacks, RegisteredGeneration, Registration, database_files, registered_generation,
    registered_lock,
};
use crate::generation::{Generation, InstalledGeneration, ListDigests, point_current_at, usable_generation};
use crate::local::adopt;
use crate::local::originals::adopt_originals;
use crate::root::{CreatedPaths, ENTRY_LINKS, HostRoot, StoreKind, remove_tree};
pub use error::RecoverError;
pub(super) use lead_back::lead_current_back;
use lock_file::{LockFile, hold_lock_file};

/// The result of a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovery {
    /// A generation that was registered but not yet active.
    pub completed: Option<u64>,
    /// Changes that were undone.
    pub undone: usize,
    /// The active generation, if its rows were written again.
    pub registered_again: Option<u64>,
    /// The registered generation, if `current` was gone and leads to it again.
    pub linked_again: Option<u64>,
    /// The active generation, if its lock file was restored.
    pub lock_file_restored: Option<u64>,
}

/// Makes `root` whole, and returns the active generation as well, if there is one; the lock must be held.
///
/// # Errors
/// The root or the database cannot be read or written, a change could not be completed, or nothing vouches for what is
/// active.
pub fn recover(root: &HostRoot, now: Timestamp) -> Result<(Recovery, Option<Generation>), RecoverError> {
    let (mut recovery, registered) = recover_leftovers(root)?;
    let failed = |source| root.failed(source);
    let active = root.active_generation().map_err(failed)?;
    let mut rows_are_others = false;
    // Where the link is gone, the one that it is about to lead to again.
    let believed = active.or_else(|| registered.filter(|id| root.generation(*id).is_dir()));
    let mut read = None;
    if let Some(believed) = believed {
        let lock = registered_lock(root)?.filter(|(id, _)| *id == believed).and_then(|(_, lock)| lock);
        match hold_lock_file(root, believed, lock.as_ref())? {
            LockFile::AsRegistered => {}
            LockFile::Restored => recovery.lock_file_restored = Some(believed),
            LockFile::OtherRows => rows_are_others = registered == active,
        }
        read = Some(require_readable(root, believed, registered)?);
    }
    match (registered, active) {
        (Some(registered), active) if rows_are_others => {
            register_again(root, active, registered, now)?;
            recovery.registered_again = active;
        }
        (None, Some(_)) => match register_again(root, active, 0, now) {
            // An earlier program kept too little to write the rows of a database that is gone.
            Err(RecoverError::Disagreement { .. }) => {}
            outcome => {
                outcome?;
                recovery.registered_again = active;
            }
        },
        // The rows of a first installation that was undone: the disk failed while they were written.
        (Some(_), None) if root.generation_ids().map_err(failed)?.is_empty() => {
            let mut database = Database::open(root, Durability::Synced, &mut CreatedPaths::default())?;
            database.forget_packs()?;
            drop(database);
            if recovery.undone > 0 {
                remove_empty_parts(root);
            }
        }
        // The link is gone, and the rows say which generation it led to.
        (Some(registered), None) => {
            Generation::load(&root.generation(registered)).map_err(failed)?;
            point_current_at(root, registered, None, Durability::Synced).map_err(failed)?;
            recovery.linked_again = Some(registered);
        }
        (Some(registered), active) if active != Some(registered) => {
            register_again(root, active, registered, now)?;
            recovery.registered_again = active;
        }
        _ => {}
    }
    Ok((recovery, read))
}

/// Completes or undoes what earlier changes left, and says which generation the database holds; that it is the
/// active one is not looked at. The lock must be held.
///
/// # Errors
/// The root or the database cannot be read or written, or a change could not be completed.
pub fn recover_leftovers(root: &HostRoot) -> Result<(Recovery, Option<u64>), RecoverError> {
    let failed = |source| root.failed(source);
    let leftovers = leftovers(root).map_err(failed)?;
    if let Err(error) = Database::settle(root) {
        // On a full disk, say; it is read with its log then.
        tracing::debug!("the database stays with its log: {error}");
    }
    let registered = registered_generation(root)?;
    let had_leftovers = !leftovers.is_empty();
    let mut recovery = Recovery::default();
    for directory in leftovers {
        match StagingJournal::load(root, &directory).map_err(failed)? {
            Some(journal) if Some(journal.generation()) == registered => {
                journal.settle(root).map_err(failed)?;
                complete(root, &directory, journal.generation(), Durability::Synced, &mut |_| ())?;
                recovery.completed = registered;
            }
            Some(journal) => {
                for work in journal.outside() {
                    tracing::warn!(
                        code = %WarningCode::MigrationNotTakenBack,
                        "{work} had begun in a change that was cut off, and may be done"
                    );
                }
                journal.undo(root).map_err(failed)?;
                recovery.undone += 1;
            }
            None => {}
        }
        remove_tree(&directory).map_err(failed)?;
    }
    // Left where the last process died between its last two steps; else it is not there.
    let _ = fs_err::remove_dir(root.staging());
    let active = root.active_generation().map_err(failed)?;
    // After what was to be completed, which is taken over from there.
    let cleared = TrustStore::clear_leftovers(&root.trust());
    cleared.map_err(|error| failed(io::Error::other(error)))?;
    // Of the lists that people's choices are kept in.
    remove_unfinished(&root.state()).map_err(failed)?;
    if had_leftovers && registered.is_none() && active.is_none() {
        remove_empty_parts(root);
    }
    Ok((recovery, registered))
}

/// Does what was left to do of a generation that the database holds, and tells each step that is done.
pub fn complete(
    root: &HostRoot,
    staging: &Path,
    generation: u64,
    durability: Durability,
    reached: &mut dyn FnMut(Step),
) -> Result<(), RecoverError> {
    let unfinished = |step, source| {
        let active = root.active_generation().ok().flatten();
        RecoverError::Unfinished { generation, active, step, source }
    };
    let kept = keep_trust(root, staging, durability);
    kept.map_err(|error| unfinished(Step::TrustKept, error.into()))?;
    let adopted = adopt(root, staging, durability);
    adopted.map_err(|error| unfinished(Step::TrustKept, error.into()))?;
    let adopted = adopt_originals(root, staging, durability);
    adopted.map_err(|error| unfinished(Step::TrustKept, error.into()))?;
    reached(Step::TrustKept);
    let activated = match root.active_generation() {
        Ok(active) if active == Some(generation) => Ok(()),
        Ok(_) => point_current_at(root, generation, Some(staging), durability),
        Err(error) => Err(error),
    };
    activated.map_err(|error| unfinished(Step::Activated, error.into()))?;
    reached(Step::Activated);
    Ok(())
}

/// Takes over what a change learnt of registries.
fn keep_trust(root: &HostRoot, staging: &Path, durability: Durability) -> Result<(), StateError> {
    let staged = staging.join(STAGED_TRUST);
    for name in TrustStore::named(&staged)? {
        TrustStore::new(&root.trust(), &name)
            .with_durability(durability)
            .adopt(&TrustStore::new(&staged, &name))?;
    }
    Ok(())
}

/// Writes the rows of the active generation again.
fn register_again(
    root: &HostRoot,
    active: Option<u64>,
    registered: u64,
    now: Timestamp,
) -> Result<(), RecoverError> {
    let failed = |source| root.failed(source);
    let usable = usable_generation(root, Some(registered), None).map_err(failed)?;
    let disagreement =
        || RecoverError::Disagreement { root: root.path().to_owned(), active, registered, usable };
    let Some(active) = active else { return Err(disagreement()) };
    let (generation, lock) = Generation::load_with_digest(&root.generation(active)).map_err(failed)?;
    let installed = InstalledGeneration::load(root, generation).map_err(failed)?;
    let packs =
        installed.as_ref().and_then(InstalledGeneration::registered_packs).ok_or_else(disagreement)?;
    let mut created = CreatedPaths::default();
    let mut database = Database::open(root, Durability::Synced, &mut created)?;
    created.keep();
    let no_lists = ListDigests::default();
    database.register(&Registration {
        root,
        files: root,
        lists: installed.as_ref().map_or(&no_lists, |installed| &installed.generation.lists),
        packs: &packs,
        others: OtherPacks::RemoveAll,
        operation: None,
        generation: RegisteredGeneration { id: active, lock, previous: registered },
        tests: &[],
        settings: &BTreeMap::new(),
        now,
    })?;
    let held = if registered == 0 { "nothing".to_owned() } else { format!("generation {registered}") };
    tracing::warn!(
        code = %WarningCode::RegisteredAgain,
        "generation {active} is active and the database held {held}: the rows of the active one were written again"
    );
    Ok(())
}

/// The generation `active`; refuses a `current` that leads to none, or to one whose lock file is damaged.
fn require_readable(
    root: &HostRoot,
    active: u64,
    registered: Option<u64>,
) -> Result<Generation, RecoverError> {
    match Generation::load(&root.generation(active)) {
        Ok(generation) => Ok(generation),
        Err(source) if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
            let usable =
                usable_generation(root, registered, Some(active)).map_err(|source| root.failed(source))?;
            Err(RecoverError::NotActive { root: root.path().to_owned(), active, usable, source })
        }
        Err(source) => Err(root.failed(source).into()),
    }
}

/// Takes away what a first install that died had prepared.
fn remove_empty_parts(root: &HostRoot) {
    let links = ENTRY_LINKS.iter().map(|(name, _)| root.path().join(name));
    for file in links.chain(database_files(root)) {
        // Links are only ever ours here, since others stop an install before it begins.
        let _ = fs_err::remove_file(file);
    }
    let parts = StoreKind::ALL.into_iter().flat_map(|kind| [root.lists_part(kind), root.store_part(kind)]);
    let others = [root.all_lists(), root.path().join("store"), root.generations(), root.trust()];
    for directory in parts.chain(others) {
        let _ = fs_err::remove_dir(directory);
    }
}

fn leftovers(root: &HostRoot) -> io::Result<Vec<PathBuf>> {
    match fs_err::read_dir(root.staging()) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

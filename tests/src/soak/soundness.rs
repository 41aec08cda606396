//! What must hold of a root after the command that follows one that was harmed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use attune_host::database::{operations, registered_generation};
use attune_host::generation::Generation;
use attune_host::root::{HostRoot, StoreKind, digests_in};

use super::subject::Subject;

/// Nothing is in the root but what its generations use, and database, history and `current` agree.
pub(super) fn require_clean(subject: &Subject) -> Result<(), String> {
    let root = HostRoot::new(&subject.world.root()).map_err(|error| error.to_string())?;
    let left: Vec<PathBuf> =
        leftovers(&root).into_iter().filter(|path| path.symlink_metadata().is_ok()).collect();
    if !left.is_empty() {
        return Err(format!("left behind: {left:?}"));
    }
    let failed = |error: std::io::Error| error.to_string();
    let mut used = BTreeSet::new();
    for id in root.generation_ids().map_err(failed)? {
        let generation = Generation::load(&root.generation(id)).map_err(failed)?;
        used.extend(generation.store_entries());
    }
    let mut there = BTreeSet::new();
    for kind in StoreKind::ALL {
        let trees = digests_in(&root.store_part(kind)).map_err(failed)?;
        let lists = digests_in(&root.lists_part(kind)).map_err(failed)?;
        if !trees.iter().all(|tree| lists.contains(tree)) || trees.len() != lists.len() {
            return Err(format!("{kind:?}: the trees are {trees:?}, and there are lists of {lists:?}"));
        }
        there.extend(trees.into_iter().map(|digest| (kind, digest)));
    }

    if used != there {
        let missing: Vec<_> = used.difference(&there).collect();
        let foreign: Vec<_> = there.difference(&used).collect();
        return Err(format!("missing in the store: {missing:?}; of no generation: {foreign:?}"));
    }
    let active = root.active_generation().map_err(failed)?;
    let registered = registered_generation(&root).map_err(|error| error.to_string())?;
    if active != registered {
        return Err(format!("generation {active:?} is active, and {registered:?} is registered"));
    }
    // The row of an operation is there with its rows, or not at all.
    let history = operations(&root).map_err(|error| error.to_string())?;
    let told: BTreeSet<u64> = history.iter().map(|operation| operation.generation).collect();
    match active {
        Some(active) if told.last() != Some(&active) => {
            Err(format!("generation {active} is active, and history has {told:?}"))
        }
        _ => Ok(()),
    }
}

/// `verify` finds nothing that is not as it was installed, unless the host `may_differ`, as between the registration
/// of a generation and its activation.
pub(super) fn require_verified(subject: &Subject, may_differ: bool) -> Result<(), String> {
    let root = HostRoot::new(&subject.world.root()).map_err(|error| error.to_string())?;
    let active = root.active_generation().map_err(|error| error.to_string())?;
    // Of what is half removed every command says so.
    if active.is_none() || root.is_half_purged() {
        return Ok(());
    }
    let run = subject.world.verify(&[]);
    let differs = may_differ && registered_generation(&root).ok().flatten() != active;
    let expected = if differs { 3 } else { 0 };
    if run.status == Some(expected) { Ok(()) } else { Err(format!("verify, {expected} expected: {run:?}")) }
}

/// Everything that only a killed writer leaves.
fn leftovers(root: &HostRoot) -> Vec<PathBuf> {
    let mut left = vec![root.staging(), root.path().join(".current-next")];
    left.extend(["db-wal", "db-journal"].map(|extension| root.database().with_extension(extension)));
    find_unfinished(&root.state(), &mut left);
    find_unfinished(&root.all_lists(), &mut left);
    let parts = StoreKind::ALL.into_iter().flat_map(|kind| [root.store_part(kind), root.lists_part(kind)]);
    for directory in parts.chain([root.generations()]) {
        left.extend(entries(&directory).into_iter().filter(|path| is_unfinished(path)));
    }
    left
}

fn find_unfinished(directory: &Path, left: &mut Vec<PathBuf>) {
    for path in entries(directory) {
        if is_unfinished(&path) {
            left.push(path);
        } else if path.is_dir() {
            find_unfinished(&path, left);
        }
    }
}

fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name.ends_with(".gone") || name.ends_with(".tmp")
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs_err::read_dir(directory) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

//! Removes what no kept generation uses: older generations, and what only they had in the store.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use attune_schemas::Digest;
use jiff::Timestamp;
use serde::Serialize;

use crate::generation::Generation;
use crate::root::{HostRoot, RootError, StoreKind, digests_in, move_tree, remove_tree};
use crate::store::DiskUse;
use crate::transaction::{AccessError, HeldRoot};

/// Why nothing could be removed.
#[derive(Debug, thiserror::Error)]
pub enum GcError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The root cannot be changed now.
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// The generations to keep.
#[derive(Debug, Clone, Copy)]
pub struct GcOptions {
    /// Generations to keep beside the active one, the newest first.
    pub keep: usize,
    /// Whether to tell and not to remove.
    pub dry_run: bool,
}

/// The removed generations and trees, or those that would be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GcReport {
    /// Whether nothing was removed, only told.
    pub dry_run: bool,
    /// The generations that stay.
    pub kept: Vec<u64>,
    /// The generations that went.
    pub generations: Vec<u64>,
    /// The entries of the store that went.
    pub entries: Vec<RemovedEntry>,
    /// Bytes that are free now; what others still link to is not.
    pub freed_bytes: u64,
}

/// An entry of the store that went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemovedEntry {
    /// `packs`, `wheels`, `node`, `runtimes` or `envs`.
    pub kind: StoreKind,
    /// Its digest.
    pub digest: Digest,
}

/// Removes what no kept generation of `root` uses.
pub fn collect_garbage(root: &HostRoot, options: GcOptions, now: Timestamp) -> Result<GcReport, GcError> {
    root.require_ours()?;
    let failed = |source| root.failed(source);
    if !root.state().is_dir() {
        return Ok(GcReport::nothing(options));
    }
    let mut held = HeldRoot::acquire(root, now)?;
    held.keep();
    let (kept, gone) = divide(root, options.keep).map_err(failed)?;
    let mut used = BTreeSet::new();
    for id in &kept {
        // A lock file that cannot be read could name anything, so nothing is removed then.
        used.extend(Generation::load(&root.generation(*id)).map_err(failed)?.store_entries());
    }
    let entries = unused(&used, |kind| root.store_part(kind)).map_err(failed)?;
    let lists = unused(&used, |kind| root.lists_part(kind)).map_err(failed)?;
    let generations = gone.iter().map(|id| root.generation(*id));
    let trees = entries.iter().map(|(kind, digest)| root.store(*kind, digest));
    let lists = lists.iter().map(|(kind, digest)| root.lists(*kind, digest));
    let paths: Vec<PathBuf> = generations.chain(trees).chain(lists).collect();
    let mut disk = DiskUse::default();
    for path in &paths {
        disk.count(path, 0).map_err(failed)?;
    }
    if !options.dry_run {
        remove(root, &paths).map_err(failed)?;
    }
    let entries = entries.into_iter().map(|(kind, digest)| RemovedEntry { kind, digest }).collect();
    Ok(GcReport { dry_run: options.dry_run, kept, generations: gone, entries, freed_bytes: disk.freed() })
}

impl GcReport {
    fn nothing(options: GcOptions) -> Self {
        let (kept, generations, entries) = (Vec::new(), Vec::new(), Vec::new());
        Self { dry_run: options.dry_run, kept, generations, entries, freed_bytes: 0 }
    }
}

/// The generations to keep and those to remove, each from the oldest on.
fn divide(root: &HostRoot, keep: usize) -> io::Result<(Vec<u64>, Vec<u64>)> {
    let active = root.active_generation()?;
    let mut others = root.generation_ids()?;
    others.retain(|id| Some(*id) != active);
    others.sort_unstable();
    let gone = others[..others.len().saturating_sub(keep)].to_vec();
    let mut kept = others.split_off(gone.len());
    kept.extend(active);
    kept.sort_unstable();
    Ok((kept, gone))
}

/// The entries of the parts of the store, or of their lists, that are not in `used`.
fn unused(
    used: &BTreeSet<(StoreKind, Digest)>,
    part: impl Fn(StoreKind) -> PathBuf,
) -> io::Result<Vec<(StoreKind, Digest)>> {
    let mut unused = Vec::new();
    for kind in StoreKind::ALL {
        // What is not named like an entry is not ours to remove.
        let digests = digests_in(&part(kind))?.into_iter();
        unused.extend(digests.map(|digest| (kind, digest)).filter(|entry| !used.contains(entry)));
    }
    unused.sort();
    Ok(unused)
}

/// The extension of a tree that is about to go: so it is no tree for anybody.
const RENAMED: &str = "gone";

/// Removes what an earlier run without room had renamed when it died.
fn remove_renamed(root: &HostRoot) -> io::Result<()> {
    let parts = StoreKind::ALL.into_iter().flat_map(|kind| [root.store_part(kind), root.lists_part(kind)]);
    for directory in parts.chain([root.generations()]) {
        let entries = match fs_err::read_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == RENAMED) {
                remove_tree(&path)?;
            }
        }
    }
    Ok(())
}

/// Moves everything out whole before the first of it is removed: the store never holds a part of a tree, and
/// whatever dies in between leaves a staging directory, which the next start removes.
///
/// On a disk without room for that directory, each tree gets another name where it is.
fn remove(root: &HostRoot, paths: &[PathBuf]) -> io::Result<()> {
    remove_renamed(root)?;
    if paths.is_empty() {
        return Ok(());
    }
    let aside = root.staging().join(format!("gc-{}", std::process::id()));
    let has_room = fs_err::create_dir_all(&aside).is_ok();
    let moved = paths.iter().enumerate().try_for_each(|(number, path)| {
        if has_room && move_tree(path, &aside.join(number.to_string())).is_ok() {
            return Ok(());
        }
        let renamed = path.with_extension(RENAMED);
        move_tree(path, &renamed)?;
        remove_tree(&renamed)
    });
    // What was moved goes, whatever became of the rest.
    let removed = remove_tree(&aside);
    // Fails where another is at work, and then it is theirs.
    let _ = fs_err::remove_dir(root.staging());
    moved.and(removed)
}

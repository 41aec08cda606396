//! Removes a root: all but the log of its operations.
//!
//! ```text
//! 1. state/purging       on disk, before anything goes: every other command tells of it and does nothing
//! 2. current, packs, …   the links by which Attune finds anything
//! 3. generations, staging, store
//! 4. state               all but the log, the lock and the mark
//! 5. the mark, the lock
//! ```
//!
//! Whoever dies in between leaves the mark, and the next purge goes on from there.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::{replace_file, sync_folder};

use super::disk_use::DiskUse;
use super::gc::{ProcessesSeen, UsingProcess, live_processes};
use crate::root::{ENTRY_LINKS, HostRoot, RootError, remove_tree};
use crate::transaction::{Access, AccessError, HeldRoot};

/// Why a root was not removed.
#[derive(Debug, thiserror::Error)]
pub enum PurgeError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The root cannot be changed now.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Processes use what would go.
    #[error("`{}` is in use: {}", root.display(), in_words(processes))]
    InUse {
        /// The root.
        root: PathBuf,
        /// The processes.
        processes: Vec<UsingProcess>,
    },
}

fn in_words(processes: &[UsingProcess]) -> String {
    let one = |using: &UsingProcess| format!("process {} ({})", using.pid, using.command);
    processes.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What went, or would go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purged {
    /// Bytes that are free now.
    pub freed_bytes: u64,
    /// What else is in the root, and stays, since no installer made it.
    pub left: Vec<PathBuf>,
    /// How far processes could be looked at.
    pub processes: ProcessesSeen,
}

/// The directories of a root that go as a whole.
const DIRECTORIES: [&str; 3] = ["generations", "staging", "store"];
/// The links that a root has at its top, beside those that lead through `current`.
const LINKS: [&str; 2] = ["current", ".current-next"];
/// The log, in `state`, which stays.
const LOG: &str = "log";

/// Removes all that an installer made in `root` but its log; with `access` absent, tells it alone.
///
/// # Errors
/// Processes use it, or it cannot be changed; once something was removed, the next purge goes on.
pub fn purge_root(root: &HostRoot, access: Option<&Access<'_>>) -> Result<Purged, PurgeError> {
    let failed = |source| root.failed(source);
    let held = access.map(|access| HeldRoot::acquire_to_purge(root, access)).transpose()?;
    let (using, processes) = live_processes(root);
    if !using.is_empty() {
        return Err(PurgeError::InUse { root: root.path().to_owned(), processes: using });
    }
    let (going, left) = parts(root).map_err(failed)?;
    let of_state = in_state(root).map_err(failed)?;
    let mut disk = DiskUse::default();
    for path in going.iter().chain(&of_state) {
        disk.count(path, 0).map_err(failed)?;
    }
    if let Some(mut held) = held {
        held.keep();
        remove_all(root, &going).map_err(failed)?;
    }
    Ok(Purged { freed_bytes: disk.freed(), left, processes })
}

fn remove_all(root: &HostRoot, going: &[PathBuf]) -> io::Result<()> {
    replace_file(&root.purge_mark(), b"")?;
    going.iter().try_for_each(|path| remove(path))?;
    let is_kept = |path: &Path| path == root.purge_mark() || path == root.lock_file();
    in_state(root)?.iter().filter(|path| !is_kept(path)).try_for_each(|path| remove(path))?;
    // Nothing that went may come back after the mark is gone.
    sync_folder(root.path())?;
    sync_folder(&root.state())?;
    remove(&root.purge_mark())?;
    remove(&root.lock_file())
}

/// What of the top of `root` goes, in the order in which it does, and what stays.
fn parts(root: &HostRoot) -> io::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let links = LINKS.into_iter().chain(ENTRY_LINKS.iter().map(|(name, _)| *name));
    let known: Vec<PathBuf> = links.chain(DIRECTORIES).map(|name| root.path().join(name)).collect();
    let is_there = |path: &&PathBuf| {
        let found = fs_err::symlink_metadata(path);
        // A directory in the place of a link is somebody's.
        found.is_ok_and(|found| found.is_symlink() || DIRECTORIES.iter().any(|name| path.ends_with(name)))
    };
    let going: Vec<PathBuf> = known.iter().filter(is_there).cloned().collect();
    let mut left = Vec::new();
    for entry in fs_err::read_dir(root.path())? {
        let path = entry?.path();
        if path != root.state() && !going.contains(&path) {
            left.push(path);
        }
    }
    left.sort();
    Ok((going, left))
}

/// Everything in `state` but the log.
fn in_state(root: &HostRoot) -> io::Result<Vec<PathBuf>> {
    let entries = fs_err::read_dir(root.state())?;
    let paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    Ok(paths.into_iter().filter(|path| !path.ends_with(LOG)).collect())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs_err::symlink_metadata(path) {
        Ok(found) if found.is_dir() => remove_tree(path),
        Ok(_) => fs_err::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

//! The move of what a change signed into the registry of the host's own.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::sync_folder;
use attune_registry::blob::Durability;

use super::registry::LocalRegistry;
use crate::root::{HostRoot, files_below, move_file};

/// The directory of a staging directory that holds what the change signed.
pub const STAGED_LOCAL: &str = "local";

/// Moves what is in `staging` into the registry of `root`, each file by a rename, the timestamp last. What was moved
/// before is not there any more: it may be done again.
///
/// # Errors
/// A file cannot be moved.
pub fn adopt(root: &HostRoot, staging: &Path, durability: Durability) -> io::Result<()> {
    let from = LocalRegistry::staged(&staging.join(STAGED_LOCAL));
    let to = LocalRegistry::of(root);
    if fs_err::symlink_metadata(staging.join(STAGED_LOCAL)).is_err() {
        return Ok(());
    }
    move_file(&from.key_file(), &to.key_file())?;
    let in_metadata = |path: &PathBuf| path.starts_with(from.metadata());
    let files = files_below(&from.path())?;
    let (mut metadata, others): (Vec<_>, Vec<_>) = files.into_iter().partition(in_metadata);
    metadata.sort_by_key(|path| path.ends_with("timestamp.json"));
    for path in others.iter().chain(&metadata) {
        let relative = path.strip_prefix(from.path()).map_err(io::Error::other)?;
        move_file(path, &to.path().join(relative))?;
    }
    if durability == Durability::Synced {
        sync_folder(&to.metadata())?;
    }
    Ok(())
}

/// Copies the files below `from`, with their modes, to `to`; those on one file system by a link.
///
/// # Errors
/// A file cannot be read or written.
pub fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    for path in files_below(from)? {
        let place = to.join(path.strip_prefix(from).map_err(io::Error::other)?);
        fs_err::create_dir_all(place.parent().unwrap_or(to))?;
        if fs_err::hard_link(&path, &place).is_err() {
            fs_err::copy(&path, &place)?;
        }
    }
    Ok(())
}

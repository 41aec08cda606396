//! The move of originals from a change to those that are kept.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::sync_folder;
use attune_registry::blob::Durability;

use crate::root::{HostRoot, files_below, move_file};

/// The directory of a staging directory that holds the originals to keep, by registry.
pub const STAGED_ORIGINALS: &str = "originals";

/// Moves the originals in `staging` to those that `root` keeps, each file by a rename, the records last: a record names
/// what is there. What was moved before is not there any more: it may be done again.
///
/// # Errors
/// A file cannot be moved.
pub fn adopt_originals(root: &HostRoot, staging: &Path, durability: Durability) -> io::Result<()> {
    let from = staging.join(STAGED_ORIGINALS);
    let is_record = |path: &PathBuf| path.parent().is_some_and(|parent| parent.ends_with("releases"));
    let (records, files): (Vec<_>, Vec<_>) = files_below(&from)?.into_iter().partition(is_record);
    for moved in [files, records] {
        let mut folders = BTreeSet::new();
        for path in moved {
            let place = root.originals().join(path.strip_prefix(&from).map_err(io::Error::other)?);
            move_file(&path, &place)?;
            folders.extend(place.parent().map(Path::to_owned));
        }
        if durability == Durability::Synced {
            folders.iter().try_for_each(|folder| sync_folder(folder))?;
        }
    }
    Ok(())
}

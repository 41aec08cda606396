//! The links of a root that lead to a generation, and the one rename that activates one.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::{sync_file_system, sync_folder};
use attune_registry::blob::Durability;

use crate::root::{CreatedPaths, ENTRY_LINKS, HostRoot};

/// The link in a staging directory that becomes `current`: made at the start, when there is room for it.
pub fn next_current(staging: &Path) -> PathBuf {
    staging.join("current")
}

/// Makes `link` a link to generation `id`, as `current` is one.
pub fn point_at(link: &Path, id: u64) -> io::Result<()> {
    match fs_err::remove_file(link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(&target_of(id), link)
}

/// Makes generation `id` the active one: by the link that `staging` has ready, else by a new one.
pub fn point_current_at(
    root: &HostRoot,
    id: u64,
    staging: Option<&Path>,
    durability: Durability,
) -> io::Result<()> {
    let ready = staging.map(next_current);
    let ready = ready.filter(|link| fs_err::read_link(link).is_ok_and(|target| target == target_of(id)));
    let next = if let Some(ready) = ready {
        ready
    } else {
        let next = root.path().join(".current-next");
        point_at(&next, id)?;
        next
    };
    fs_err::rename(&next, root.current())?;

    match durability {
        Durability::Synced => sync_folder(root.path()),
        Durability::Unsynced => Ok(()),
    }
}

/// Creates the links by which Attune finds packs and environments, once for all generations.
pub fn create_entry_links(root: &HostRoot, guard: &mut CreatedPaths) -> io::Result<()> {
    for (name, target) in ENTRY_LINKS {
        let path = root.path().join(name);
        match fs_err::read_link(&path) {
            Ok(present) if present == Path::new(target) => continue,
            Ok(_) => return Err(occupied(&path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // It is there, and no link.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(occupied(&path)),
            Err(error) => return Err(error),
        }
        guard.note_if_missing(&path);
        symlink(Path::new(target), &path)?;
    }
    Ok(())
}

fn occupied(path: &Path) -> io::Error {
    let message = format!("`{}` is in the way: it is not a link that this program made", path.display());
    io::Error::new(io::ErrorKind::AlreadyExists, message)
}

/// Writes everything of the root's file system to disk, so that no power failure can activate a
/// generation whose files are not there.
pub fn sync_root(root: &HostRoot) -> io::Result<()> {
    sync_file_system(root.path())
}

fn target_of(id: u64) -> PathBuf {
    Path::new("generations").join(id.to_string())
}

fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    fs_err::os::unix::fs::symlink(target, link)
}

//! The links of a root that lead to a generation, and the one rename that activates one.

use std::io;
use std::path::Path;

use attune_registry::blob::Durability;

use crate::root::{CreatedPaths, ENTRY_LINKS, HostRoot};

/// Makes generation `id` the active one.
pub fn point_current_at(root: &HostRoot, id: u64, durability: Durability) -> io::Result<()> {
    let temporary = root.path().join(".current-next");
    match fs_err::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(&Path::new("generations").join(id.to_string()), &temporary)?;
    fs_err::rename(&temporary, root.current())?;
    match durability {
        Durability::Synced => fs_err::File::open(root.path())?.sync_all(),
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
            Err(_) => return Err(occupied(&path)),
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
    let directory = fs_err::File::open(root.path())?;
    rustix::fs::syncfs(directory.file()).map_err(io::Error::from)
}

fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    fs_err::os::unix::fs::symlink(target, link)
}

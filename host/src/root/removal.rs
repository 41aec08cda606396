//! Removes trees, also those whose directories were made read-only.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Removes `path` and everything below it; nothing where it is not there.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            make_removable(path)?;
            fs_err::remove_dir_all(path)
        }
        result => result,
    }
}

/// Moves the tree `from` to `to`, which is on the same file system; nothing where it is not there.
pub fn move_tree(from: &Path, to: &Path) -> io::Result<()> {
    match fs_err::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // A directory's own mode matters, since moving it rewrites its `..`.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            fs_err::set_permissions(from, std::fs::Permissions::from_mode(0o755))?;
            fs_err::rename(from, to)
        }
        result => result,
    }
}

/// Exchanges two trees; in one step, where the file system can.
pub fn exchange_trees(new: &Path, old: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            let aside = new.with_extension("aside");
            fs_err::rename(old, &aside)?;
            fs_err::rename(new, old)?;
            remove_tree(&aside)
        }
        Err(error) => Err(error.into()),
    }
}

fn make_removable(directory: &Path) -> io::Result<()> {
    fs_err::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        // Not through links: what they lead to is somebody else's.
        if entry.file_type()?.is_dir() {
            make_removable(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_only_tree_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let tree = directory.path().join("tree");
        fs_err::create_dir_all(tree.join("a/b")).unwrap();
        fs_err::write(tree.join("a/b/file"), "x").unwrap();
        for part in ["a/b", "a", ""] {
            fs_err::set_permissions(tree.join(part), std::fs::Permissions::from_mode(0o555)).unwrap();
        }
        make_removable(&tree).unwrap();
        remove_tree(&tree).unwrap();
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
    }
}

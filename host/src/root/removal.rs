//! Removes and moves trees, also those whose directories were made read-only, and files.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::machine_fault::MachineFault;

use super::sealed::{entries_of, unseal, unseal_tree};

/// Removes `path` and everything below it; nothing where it is not there.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            unseal_tree(path)?;
            fs_err::remove_dir_all(path)
        }
        // It keeps a directory open at each level. What was made for want of them must go all the same.
        Err(error) if MachineFault::of_io(&error) == Some(MachineFault::Descriptors) => {
            remove_level_by_level(path)
        }
        result => result,
    }
}

/// Removes a tree with one descriptor at a time.
fn remove_level_by_level(directory: &Path) -> io::Result<()> {
    unseal(directory)?;
    for (path, kind) in entries_of(directory)? {
        // Not through links: what they lead to is somebody else's.
        if kind.is_dir() { remove_level_by_level(&path)? } else { fs_err::remove_file(&path)? }
    }
    fs_err::remove_dir(directory)
}

/// Moves the tree `from` to `to`, which is on the same file system; nothing where it is not there.
pub fn move_tree(from: &Path, to: &Path) -> io::Result<()> {
    match fs_err::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // A directory's own mode matters, since moving it rewrites its `..`.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            unseal(from)?;
            fs_err::rename(from, to)
        }
        result => result,
    }
}

/// Moves the file `from` to `to`, whose directory is made; nothing where it is not there.
pub fn move_file(from: &Path, to: &Path) -> io::Result<()> {
    if fs_err::symlink_metadata(from).is_err() {
        return Ok(());
    }
    fs_err::create_dir_all(to.parent().unwrap_or(Path::new("/")))?;
    fs_err::rename(from, to)
}

/// The files below `directory`, and what else is no directory; none where there is none.
pub fn files_below(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = match fs_err::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(files),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// Exchanges the tree `new` with the one at `place`, in one step where the file system can. What was at
/// `place` is at `new` afterwards, or gone; neither is sealed at its top.
pub fn exchange_trees(new: &Path, place: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    // Both are moved, and neither could be by an ordinary user while it is sealed.
    if fs_err::symlink_metadata(place)?.is_dir() {
        unseal(place)?;
    }
    match renameat_with(CWD, new, CWD, place, RenameFlags::EXCHANGE) {
        Ok(()) => {}
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
            let aside = aside(new);
            fs_err::rename(place, &aside)?;
            fs_err::rename(new, place)?;
            remove_tree(&aside)?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Where the old tree waits while `new` takes its place, on file systems that cannot exchange.
pub fn aside(new: &Path) -> PathBuf {
    new.with_extension("aside")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_tree_is_removed_level_by_level_and_not_through_links() {
        let directory = tempfile::tempdir().unwrap();
        let (tree, kept) = (directory.path().join("tree"), directory.path().join("kept"));
        fs_err::create_dir_all(tree.join("a/b")).unwrap();
        fs_err::create_dir(&kept).unwrap();
        fs_err::write(kept.join("file"), "x").unwrap();
        fs_err::write(tree.join("a/file"), "x").unwrap();
        fs_err::os::unix::fs::symlink(&kept, tree.join("a/b/link")).unwrap();
        remove_level_by_level(&tree).unwrap();
        assert!(!tree.exists() && kept.join("file").exists());
    }

    #[test]
    fn a_read_only_tree_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let tree = directory.path().join("tree");
        fs_err::create_dir_all(tree.join("a/b")).unwrap();
        fs_err::write(tree.join("a/b/file"), "x").unwrap();
        for part in ["a/b", "a", ""] {
            fs_err::set_permissions(tree.join(part), std::fs::Permissions::from_mode(0o555)).unwrap();
        }
        unseal_tree(&tree).unwrap();
        remove_tree(&tree).unwrap();
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
    }
}

//! Trees without write permission, so that no pack changes what another one uses.
//!
//! Files get their final mode when they are created; a directory gets it once it is full. The topmost
//! directory of a tree comes last, after the tree was moved to its place: to move a directory is to rewrite
//! its `..`, which takes write permission on it.

use std::fs::{FileType, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The mode of a sealed directory.
const DIRECTORY: u32 = 0o555;
/// The mode of a directory that may be filled or moved.
const OPEN_DIRECTORY: u32 = 0o755;
/// The permissions to write.
const WRITE: u32 = 0o222;

/// Takes the permission to write off the directory at `path`, and off nothing below it.
pub fn seal(path: &Path) -> io::Result<()> {
    fs_err::set_permissions(path, Permissions::from_mode(DIRECTORY))
}

/// Gives the permission to write back to the owner of the directory at `path`.
pub fn unseal(path: &Path) -> io::Result<()> {
    fs_err::set_permissions(path, Permissions::from_mode(OPEN_DIRECTORY))
}

/// Seals every directory below `directory`, and not `directory` itself. Files are not looked at.
pub fn seal_below(directory: &Path) -> io::Result<()> {
    change_below(directory, false, DIRECTORY)
}

/// Opens every directory below `directory`, and `directory` itself, to its owner.
pub fn unseal_tree(directory: &Path) -> io::Result<()> {
    unseal(directory)?;
    change_below(directory, false, OPEN_DIRECTORY)
}

/// Seals every directory below `directory`, and takes the permission to write off every file: for trees that
/// programs made, with modes of their own.
pub fn seal_all_below(directory: &Path) -> io::Result<()> {
    change_below(directory, true, DIRECTORY)
}

/// The paths and kinds of the entries of `directory`, which is open no longer: there may be few descriptors left, and
/// each entry of the standard library keeps it open.
pub(super) fn entries_of(directory: &Path) -> io::Result<Vec<(PathBuf, FileType)>> {
    let found = |entry: io::Result<fs_err::DirEntry>| entry.and_then(|it| Ok((it.path(), it.file_type()?)));
    fs_err::read_dir(directory)?.map(found).collect()
}

fn change_below(directory: &Path, and_files: bool, mode: u32) -> io::Result<()> {
    for (path, kind) in entries_of(directory)? {
        if kind.is_dir() {
            if mode == OPEN_DIRECTORY {
                unseal(&path)?;
            }
            change_below(&path, and_files, mode)?;
            if mode == DIRECTORY {
                seal(&path)?;
            }
        } else if and_files && kind.is_file() {
            let mode = fs_err::symlink_metadata(&path)?.permissions().mode();
            if mode & WRITE != 0 {
                fs_err::set_permissions(&path, Permissions::from_mode(mode & 0o7777 & !WRITE))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs_err::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn directories_are_sealed_and_opened_again() {
        let top = tempfile::tempdir().unwrap();
        fs_err::create_dir_all(top.path().join("a/b")).unwrap();
        fs_err::write(top.path().join("a/file"), "x").unwrap();
        let before = [mode(top.path()), mode(&top.path().join("a/file"))];
        seal_below(top.path()).unwrap();
        assert_eq!([mode(&top.path().join("a")), mode(&top.path().join("a/b"))], [0o555, 0o555]);
        assert_eq!([mode(top.path()), mode(&top.path().join("a/file"))], before);
        unseal_tree(top.path()).unwrap();
        assert_eq!(["", "a", "a/b"].map(|path| mode(&top.path().join(path))), [0o755; 3]);
    }

    #[test]
    fn what_programs_made_loses_the_permission_to_write_and_no_other() {
        let top = tempfile::tempdir().unwrap();
        let file = top.path().join("program");
        fs_err::write(&file, "x").unwrap();
        fs_err::os::unix::fs::symlink("/", top.path().join("link")).unwrap();
        for (given, left) in [(0o775, 0o555), (0o600, 0o400), (0o4755, 0o4555)] {
            fs_err::set_permissions(&file, Permissions::from_mode(given)).unwrap();
            seal_all_below(top.path()).unwrap();
            assert_eq!(mode(&file), left);
        }
    }
}

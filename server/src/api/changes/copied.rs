//! The files of a pack that is put together.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The most files and directories of a pack.
const MOST_ENTRIES: usize = 10_000;
/// The most bytes of its files.
const MOST_BYTES: u64 = 100 * 1024 * 1024;
/// The deepest directory.
const MOST_LEVELS: usize = 32;

/// Copies the files below `from` to the directory at `to`, links and all that is neither a file nor a directory left
/// out.
pub(super) fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    copy_level(from, to, MOST_LEVELS, &mut Room { entries: MOST_ENTRIES, bytes: MOST_BYTES })
}

/// The room that is left.
struct Room {
    entries: usize,
    bytes: u64,
}

impl Room {
    fn take(&mut self, bytes: u64) -> io::Result<()> {
        let left = (self.entries.checked_sub(1), self.bytes.checked_sub(bytes));
        let (Some(entries), Some(bytes)) = left else {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "the pack has too many files or bytes"));
        };
        *self = Self { entries, bytes };
        Ok(())
    }
}

fn copy_level(from: &Path, to: &Path, levels: usize, room: &mut Room) -> io::Result<()> {
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let found = fs_err::symlink_metadata(entry.path())?;
        let place = to.join(entry.file_name());
        if found.is_dir() && levels > 0 {
            room.take(0)?;
            fs_err::create_dir(&place)?;
            copy_level(&entry.path(), &place, levels - 1, room)?;
        } else if found.is_file() {
            room.take(found.len())?;
            fs_err::copy(entry.path(), &place)?;
            // Those of the store are read-only.
            let mode = found.permissions().mode() & 0o777 | 0o600;
            fs_err::set_permissions(&place, std::fs::Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_copied_and_links_are_not() {
        let work = tempfile::tempdir().unwrap();
        let (from, to) = (work.path().join("from"), work.path().join("to"));
        for directory in [&from.join("deep/deeper"), &to] {
            fs_err::create_dir_all(directory).unwrap();
        }
        fs_err::write(from.join("deep/deeper/file"), "text").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", from.join("deep/link")).unwrap();
        copy_files(&from, &to).unwrap();
        assert_eq!(fs_err::read_to_string(to.join("deep/deeper/file")).unwrap(), "text");
        assert!(fs_err::symlink_metadata(to.join("deep/link")).is_err());
    }

    #[test]
    fn too_many_bytes_are_refused() {
        let mut room = Room { entries: 2, bytes: 10 };
        room.take(10).unwrap();
        assert!(room.take(1).is_err());
        room.take(0).unwrap();
        assert!(room.take(0).is_err());
    }
}

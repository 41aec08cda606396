//! The files of the log: `operations.jsonl`, to which lines are added, and the full ones before it, `.1` the newest.
//!
//! A full file makes way by renames, the oldest first. Whoever dies in between leaves a gap, which the next one closes,
//! and no line is lost; a line that is being written meanwhile ends up in the file that made way.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::root::{HostRoot, read_regular};

/// The size from which a file makes way, in bytes.
const FULL_BYTES: u64 = 8 << 20;

/// Adds `line`, which ends with its newline. The state directory must be there.
pub(super) fn append(root: &HostRoot, line: &[u8]) -> io::Result<()> {
    let log = root.log_file();
    let directory = log.parent().unwrap_or(root.path());
    // A change that was refused for a planted link is logged, too, and not to where the link leads.
    for path in [&root.state(), directory, &log] {
        if fs_err::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
            let message = format!("`{}` is a symbolic link", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    fs_err::create_dir_all(directory)?;
    let mut file = open(&log)?;
    if file.metadata()?.len() >= FULL_BYTES && make_way(&file, root) {
        file = open(&log)?;
    }
    // In one write, so that lines of two processes stay apart.
    file.write_all(line)
}

fn open(log: &Path) -> io::Result<File> {
    let mut options = fs_err::OpenOptions::new();
    options.create(true).append(true).options_mut().custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    Ok(options.open(log)?.into_file())
}

/// Has `full`, the log, make way for a new file, unless another process does so; tells whether it did. The log goes on
/// growing where that is not possible.
fn make_way(full: &File, root: &HostRoot) -> bool {
    let log = root.log_file();
    let is_there = || {
        let (open, there) = (full.metadata().ok()?, fs_err::symlink_metadata(&log).ok()?);
        Some((open.dev(), open.ino()) == (there.dev(), there.ino()))
    };
    if full.try_lock().is_err() || is_there() != Some(true) {
        return false;
    }
    let files = root.log_files();
    // What comes after a gap stays where it is.
    let free = files.iter().position(|path| fs_err::symlink_metadata(path).is_err());
    let last = free.unwrap_or(files.len() - 1);
    for number in (0..last).rev() {
        if let Err(error) = fs_err::rename(&files[number], &files[number + 1]) {
            tracing::debug!("the log of operations cannot make way: {error}");
            return false;
        }
    }
    true
}

/// The content of each file, the newest first.
pub(super) fn contents(root: &HostRoot) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    let mut seen = Vec::new();
    let mut fresh = move |path: &PathBuf| {
        // One that makes way meanwhile would be read twice.
        let found = fs_err::symlink_metadata(path).ok()?;
        let id = (found.dev(), found.ino());
        let is_fresh = !seen.contains(&id);
        seen.push(id);
        is_fresh.then(|| read_regular(path))
    };
    root.log_files().into_iter().filter_map(move |path| fresh(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(directory: &Path) -> HostRoot {
        let root = HostRoot::new(directory).unwrap();
        fs_err::create_dir(root.state()).unwrap();
        root
    }

    fn fill(root: &HostRoot, mark: &str) {
        let mut bytes = vec![b'x'; usize::try_from(FULL_BYTES).unwrap()];
        bytes.splice(.., mark.bytes());
        fs_err::create_dir_all(root.log_file().parent().unwrap()).unwrap();
        fs_err::write(root.log_file(), &bytes).unwrap();
        File::options().write(true).open(root.log_file()).unwrap().set_len(FULL_BYTES).unwrap();
    }

    /// The first byte of each file that is there, the newest first.
    fn marks(root: &HostRoot) -> Vec<(usize, char)> {
        let files = root.log_files().into_iter().enumerate();
        files.filter_map(|(at, path)| Some((at, char::from(*fs_err::read(path).ok()?.first()?)))).collect()
    }

    #[test]
    fn full_files_make_way_and_the_oldest_goes() {
        let directory = tempfile::tempdir().unwrap();
        let root = root(directory.path());
        for mark in ["a", "b", "c", "d", "e", "f"] {
            fill(&root, mark);
            append(&root, b"g\n").unwrap();
        }
        assert_eq!(marks(&root), [(0, 'g'), (1, 'f'), (2, 'e'), (3, 'd'), (4, 'c')]);
        assert_eq!(contents(&root).count(), 5);
    }

    #[test]
    fn a_gap_that_a_kill_left_is_closed_and_loses_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let root = root(directory.path());
        fill(&root, "a");
        let files = root.log_files();
        fs_err::write(&files[2], "2").unwrap();
        fs_err::write(&files[4], "4").unwrap();
        append(&root, b"g\n").unwrap();
        assert_eq!(marks(&root), [(0, 'g'), (1, 'a'), (2, '2'), (4, '4')]);
        // As it is where the last rename is lacking.
        fs_err::remove_file(&files[0]).unwrap();
        append(&root, b"h\n").unwrap();
        assert_eq!(marks(&root), [(0, 'h'), (1, 'a'), (2, '2'), (4, '4')]);
    }

    #[test]
    fn the_log_grows_on_where_it_cannot_make_way() {
        let directory = tempfile::tempdir().unwrap();
        let root = root(directory.path());
        fill(&root, "a");
        let other = File::open(root.log_file()).unwrap();
        other.lock().unwrap();
        append(&root, b"g\n").unwrap();
        assert_eq!(marks(&root), [(0, 'a')]);
        drop(other);
        append(&root, b"g\n").unwrap();
        assert_eq!(marks(&root), [(0, 'g'), (1, 'a')]);
    }
}

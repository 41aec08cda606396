//! A directory of its own for what is temporary, among those of others.
//!
//! ```text
//! <place>/<prefix><random>/   locked by its owner for as long as it is in use
//! ```
//!
//! What a killed process leaves is removed by the next one that makes a directory with the same prefix.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use tempfile::TempDir;

use super::remove_tree;

/// The number of characters that are drawn by lot.
const RANDOM: usize = 6;
/// How often a directory is made anew that another process took for abandoned before it was locked.
const ATTEMPTS: usize = 5;

/// A directory that is removed with everything in it, whoever may write to what is in it.
#[derive(Debug)]
pub struct ScratchDirectory {
    directory: TempDir,
    _lock: fs_err::File,
}

impl ScratchDirectory {
    /// A new one in `place`, whose name starts with `prefix`.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(place: &Path, prefix: &str) -> io::Result<Self> {
        if let Err(error) = clear(place, prefix) {
            tracing::debug!(%error, "what a killed process left behind stays");
        }
        let mut attempt = 1;
        loop {
            let directory = tempfile::Builder::new().prefix(prefix).rand_bytes(RANDOM).tempdir_in(place)?;
            let lock = match open(directory.path()) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS => None,
                lock => Some(lock?),
            };
            // Without locks on this file system nobody removes anything either.
            let is_ours = lock.as_ref().is_some_and(|lock| lock.file().try_lock().is_ok());
            if let Some(lock) = lock
                && (attempt == ATTEMPTS || (is_ours && lock.metadata()?.nlink() > 0))
            {
                return Ok(Self { directory, _lock: lock });
            }
            attempt += 1;
        }
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for ScratchDirectory {
    fn drop(&mut self) {
        // Tests may leave directories that cannot be written.
        if let Err(error) = remove_tree(self.path()) {
            tracing::info!("what was temporary could not be removed: {error}");
        }
    }
}

/// Opens a directory, and nothing that a link leads to.
fn open(directory: &Path) -> io::Result<fs_err::File> {
    let mut options = fs_err::OpenOptions::new();
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::DIRECTORY).bits()).unwrap_or(0);
    options.read(true).options_mut().custom_flags(flags);
    options.open(directory)
}

/// Removes the directories in `place` with such a name and our owner that nobody uses.
fn clear(place: &Path, prefix: &str) -> io::Result<()> {
    let owner = rustix::process::geteuid().as_raw();
    for entry in fs_err::read_dir(place)? {
        let entry = entry?;
        if !is_named_so(&entry.file_name(), prefix) {
            continue;
        }
        let path = entry.path();
        // It may be gone meanwhile.
        let Ok(directory) = open(&path) else { continue };
        if directory.metadata()?.uid() == owner && directory.file().try_lock().is_ok() {
            remove_tree(&path)?;
        }
    }
    Ok(())
}

fn is_named_so(name: &OsStr, prefix: &str) -> bool {
    let random = name.as_bytes().strip_prefix(prefix.as_bytes());
    random.is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(place: &Path) -> Vec<String> {
        let entries = fs_err::read_dir(place).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_all_else_stays() {
        let place = tempfile::tempdir().unwrap();
        let in_use = ScratchDirectory::new(place.path(), "test-").unwrap();
        for name in ["test-a1B2c3", "test-a1B2c", "test-a1B2.3", "other-a1B2c3"] {
            fs_err::create_dir_all(place.path().join(name).join("in/side")).unwrap();
        }
        fs_err::write(place.path().join("test-d4E5f6"), "a file").unwrap();
        std::os::unix::fs::symlink("other-a1B2c3", place.path().join("test-g7H8i9")).unwrap();
        drop(ScratchDirectory::new(place.path(), "test-").unwrap());
        assert!(in_use.path().is_dir());
        drop(in_use);
        let left = ["other-a1B2c3", "test-a1B2.3", "test-a1B2c", "test-d4E5f6", "test-g7H8i9"];
        assert_eq!(names(place.path()), left);
        assert!(place.path().join("other-a1B2c3/in/side").is_dir());
    }
}

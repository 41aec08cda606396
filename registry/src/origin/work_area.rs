//! A directory of its own for each source that is obtained, gone when it is dropped.
//!
//! ```text
//! <cache>/work/<name>.lock   held while it is in use
//! <cache>/work/<name>/       what is unpacked or checked out
//! ```
//!
//! What a killed process leaves is removed by the next one.

use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A directory that is removed with everything in it.
#[derive(Debug)]
pub struct WorkArea {
    directory: PathBuf,
    lock: NamedTempFile,
}

impl WorkArea {
    /// A new one in `cache`, after those that nobody uses any more were removed.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(cache: &Path) -> io::Result<Self> {
        let parent = std::path::absolute(cache.join("work"))?;
        fs_err::create_dir_all(&parent)?;
        if let Err(error) = clear(&parent) {
            tracing::debug!(%error, "what a killed process left behind stays");
        }
        let lock = tempfile::Builder::new().prefix("source-").suffix(".lock").tempfile_in(&parent)?;
        // Without locks on this file system nobody clears anything either.
        let _ = lock.as_file().try_lock();
        let directory = lock.path().with_extension("");
        fs_err::create_dir(&directory)?;
        Ok(Self { directory, lock })
    }

    pub(super) fn leftovers(&self) -> Vec<PathBuf> {
        vec![self.directory.clone(), self.lock.path().to_owned()]
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.directory
    }
}

impl Drop for WorkArea {
    fn drop(&mut self) {
        if let Err(error) = fs_err::remove_dir_all(&self.directory) {
            tracing::debug!(%error, "a work area was left behind");
        }
    }
}

/// Removes the areas whose locks nobody holds.
fn clear(parent: &Path) -> io::Result<()> {
    for entry in fs_err::read_dir(parent)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        let Ok(file) = fs_err::File::open(&path) else { continue };
        // One that was just made and is not locked yet has no directory.
        let directory = path.with_extension("");
        match file.file().try_lock() {
            Ok(()) if directory.is_dir() => {
                fs_err::remove_dir_all(directory)?;
                fs_err::remove_file(path)?;
            }
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(cache: &Path) -> usize {
        fs_err::read_dir(cache.join("work")).unwrap().count()
    }

    #[test]
    fn an_area_is_gone_with_its_owner_and_those_in_use_stay() {
        let cache = tempfile::tempdir().unwrap();
        let first = WorkArea::new(cache.path()).unwrap();
        fs_err::write(first.path().join("file"), "x").unwrap();
        let second = WorkArea::new(cache.path()).unwrap();
        assert!(first.path().join("file").exists());
        assert_ne!(first.path(), second.path());
        drop((first, second));
        assert_eq!(count(cache.path()), 0);
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let cache = tempfile::tempdir().unwrap();
        let left = cache.path().join("work/source-x");
        fs_err::create_dir_all(&left).unwrap();
        fs_err::write(left.join("file"), "x").unwrap();
        fs_err::write(cache.path().join("work/source-x.lock"), "").unwrap();
        drop(WorkArea::new(cache.path()).unwrap());
        assert_eq!(count(cache.path()), 0);
    }
}

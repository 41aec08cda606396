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
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// How often an area is made anew where another process took its parent away meanwhile.
const ATTEMPTS: usize = 5;

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
        let lock = locked(&parent)?;
        let directory = lock.path().with_extension("");
        fs_err::create_dir(&directory)?;
        Ok(Self { directory, lock })
    }

    /// What is removed when this is dropped, for whoever ends before that.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        vec![self.directory.clone(), self.lock.path().to_owned()]
    }

    /// The directory itself.
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

/// A [`WorkArea`] in somebody's folder, where nothing of it stays.
///
/// ```text
/// <folder>/<name>   what holds the areas; gone with the last of them, or with the next one after a kill
/// ```
#[derive(Debug)]
pub struct AreaInFolder {
    holder: PathBuf,
    area: Option<WorkArea>,
}

impl AreaInFolder {
    /// A new one in `folder`, which must exist, below the directory `name`.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let mut this = Self { holder: folder.join(name), area: None };
        let mut attempt = 1;
        this.area = loop {
            match WorkArea::new(&this.holder) {
                // Another one took the holder away meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound && attempt < ATTEMPTS => attempt += 1,
                area => break Some(area?),
            }
        };
        Ok(this)
    }

    /// The directory itself, on the file system of the folder.
    pub fn path(&self) -> &Path {
        self.area.as_ref().map_or(&self.holder, WorkArea::path)
    }
}

impl Drop for AreaInFolder {
    fn drop(&mut self) {
        drop(self.area.take());
        // Another one may be using them.
        let _ = fs_err::remove_dir(self.holder.join("work"));
        let _ = fs_err::remove_dir(&self.holder);
    }
}

/// A new lock in `parent`, which is held.
fn locked(parent: &Path) -> io::Result<NamedTempFile> {
    let mut attempt = 1;
    loop {
        let lock = tempfile::Builder::new().prefix("source-").suffix(".lock").tempfile_in(parent)?;
        // Somebody may have taken it for one of a killed process before it was held. Without locks on this file system
        // nobody clears anything.
        let is_taken = match lock.as_file().try_lock() {
            Ok(()) => lock.as_file().metadata()?.nlink() == 0,
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => false,
        };
        if !is_taken || attempt == ATTEMPTS {
            return Ok(lock);
        }
        attempt += 1;
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
        match file.file().try_lock() {
            Ok(()) => {
                remove_if_there(fs_err::remove_dir_all(path.with_extension("")))?;
                remove_if_there(fs_err::remove_file(path))?;
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(())
}

fn remove_if_there(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
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
    fn nothing_stays_in_a_folder_after_the_last_area() {
        let folder = tempfile::tempdir().unwrap();
        let areas = || AreaInFolder::new(folder.path(), ".areas").unwrap();
        let (first, second) = (areas(), areas());
        fs_err::write(first.path().join("file"), "x").unwrap();
        drop(first);
        assert!(second.path().is_dir());
        drop(second);
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let cache = tempfile::tempdir().unwrap();
        let left = cache.path().join("work/source-x");
        fs_err::create_dir_all(&left).unwrap();
        fs_err::write(left.join("file"), "x").unwrap();
        fs_err::write(cache.path().join("work/source-x.lock"), "").unwrap();
        // Of one that was killed as it took its area away.
        fs_err::write(cache.path().join("work/source-y.lock"), "").unwrap();
        drop(WorkArea::new(cache.path()).unwrap());
        assert_eq!(count(cache.path()), 0);
    }
}

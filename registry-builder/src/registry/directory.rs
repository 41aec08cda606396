//! A registry directory, opened for publishing or for reading.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use attune_registry::atomic_file::remove_leftovers;
use attune_registry::blob::BlobStore;
use attune_registry::reader::MetadataFetch;
use attune_registry::source::DirectorySource;
use attune_registry::trust::{Client, TrustAnchor, UpdateOptions, VerifiedRepository};
use jiff::Timestamp;

use super::error::RegistryError;

/// The folders whose files are written under the lock.
const WRITTEN_FOLDERS: [&str; 5] = [".", "metadata", "packs", "runtimes", "blobs/sha256"];

/// A registry in a directory, vouched for by its own first root.
#[derive(Debug)]
pub struct RegistryDirectory {
    path: PathBuf,
}

/// Held while publishing; released when dropped.
#[derive(Debug)]
pub struct PublishLock {
    // Held, not read: closing the file releases the lock.
    _file: std::fs::File,
}

impl RegistryDirectory {
    /// The registry at `path`, which must have a first root.
    pub fn open(path: &Path) -> Result<Self, RegistryError> {
        if !path.join("metadata").join("1.root.json").is_file() {
            return Err(RegistryError::NotARegistry { path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned() })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its blobs.
    pub fn blobs(&self) -> BlobStore {
        BlobStore::new(&self.path)
    }

    /// Its files as a source.
    pub fn source(&self) -> DirectorySource {
        DirectorySource::new(&self.path)
    }

    /// Locks it against other publishers, and clears away the files that killed ones left unfinished, here and
    /// in `keys`, the directory of its keys.
    pub fn lock(&self, keys: &Path) -> Result<PublishLock, RegistryError> {
        let mut options = fs_err::OpenOptions::new();
        let file =
            options.write(true).create(true).truncate(false).open(self.path.join(".lock"))?.into_file();
        match file.try_lock() {
            Ok(()) => {
                // The time of signing may be any; ages are told by the clock that gave files theirs.
                let now = tempfile::tempfile_in(&self.path)?.metadata()?.modified()?;
                self.clear_leftovers(keys, now);
                Ok(PublishLock { _file: file })
            }
            Err(TryLockError::WouldBlock) => Err(RegistryError::Busy { path: self.path.clone() }),
            Err(TryLockError::Error(source)) => {
                Err(RegistryError::NoLock { path: self.path.clone(), source })
            }
        }
    }

    /// Leftovers only take up room, so one that cannot be removed stops nothing.
    fn clear_leftovers(&self, keys: &Path, now: SystemTime) {
        let own = WRITTEN_FOLDERS.iter().map(|folder| self.path.join(folder));
        for folder in own.chain([keys.to_owned()]) {
            match remove_leftovers(&folder, now) {
                Ok(0) => {}
                Ok(removed) => {
                    tracing::debug!(folder = %folder.display(), removed, "unfinished files removed");
                }
                Err(error) => tracing::debug!(%error, "unfinished files left behind"),
            }
        }
    }

    /// Verifies the metadata from the first root down, as an installer would at `now`.
    pub fn verify(&self, now: Timestamp) -> Result<VerifiedRepository, RegistryError> {
        let anchor = fs_err::read(self.path.join("metadata").join("1.root.json"))?;
        let client = Client::without_store(&TrustAnchor::from_root_bytes(&anchor)?);
        Ok(client.update(&MetadataFetch(&self.source()), &UpdateOptions::at(now))?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A registry and its keys, with an unfinished file of `age` and a finished one in each folder.
    fn with_leftovers(age: Duration) -> (tempfile::TempDir, RegistryDirectory, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let (path, keys) = (dir.path().join("registry"), dir.path().join("keys"));
        fs_err::create_dir(&path).unwrap();
        let folders = WRITTEN_FOLDERS.iter().map(|folder| path.join(folder));
        for folder in folders.chain([keys.clone()]) {
            fs_err::create_dir_all(&folder).unwrap();
            for name in [".incoming-dead", "finished"] {
                let file = fs_err::File::create(folder.join(name)).unwrap();
                file.file().set_modified(SystemTime::now() - age).unwrap();
            }
        }
        (dir, RegistryDirectory { path }, keys)
    }

    /// The number of files below `folder` whose names start with `prefix`.
    fn count(folder: &Path, prefix: &str) -> usize {
        let entries = fs_err::read_dir(folder).unwrap().map(Result::unwrap);
        entries
            .map(|entry| {
                if entry.file_type().unwrap().is_dir() {
                    count(&entry.path(), prefix)
                } else {
                    usize::from(entry.file_name().to_str().unwrap().starts_with(prefix))
                }
            })
            .sum()
    }

    #[test]
    fn whoever_takes_the_lock_clears_away_what_killed_publishers_left() {
        let (dir, registry, keys) = with_leftovers(Duration::from_hours(2));
        let _lock = registry.lock(&keys).unwrap();
        assert_eq!(count(dir.path(), ".incoming-"), 0);
        assert_eq!(count(dir.path(), "finished"), 6);
    }

    #[test]
    fn a_file_that_may_be_under_way_is_kept() {
        let (dir, registry, keys) = with_leftovers(Duration::from_mins(5));
        let _lock = registry.lock(&keys).unwrap();
        assert_eq!(count(dir.path(), ".incoming-"), 6);
    }

    #[test]
    fn nothing_is_cleared_while_another_holds_the_lock() {
        let (dir, registry, keys) = with_leftovers(Duration::from_hours(2));
        let other = std::fs::File::create(registry.path().join(".lock")).unwrap();
        other.try_lock().unwrap();
        assert!(matches!(registry.lock(&keys), Err(RegistryError::Busy { .. })));
        assert_eq!(count(dir.path(), ".incoming-"), 6);
    }

    #[test]
    fn folders_that_are_missing_are_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let registry = RegistryDirectory { path: dir.path().to_owned() };
        registry.lock(&dir.path().join("none")).map(drop).unwrap();
    }
}

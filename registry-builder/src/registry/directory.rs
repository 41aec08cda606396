//! A registry directory, opened for publishing or for reading.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};

use attune_registry::blob::BlobStore;
use attune_registry::reader::MetadataFetch;
use attune_registry::source::DirectorySource;
use attune_registry::trust::{Client, TrustAnchor, UpdateOptions, VerifiedRepository};
use jiff::Timestamp;

use super::error::RegistryError;

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

    /// Locks it against other publishers.
    pub fn lock(&self) -> Result<PublishLock, RegistryError> {
        let mut options = fs_err::OpenOptions::new();
        let file =
            options.write(true).create(true).truncate(false).open(self.path.join(".lock"))?.into_file();
        match file.try_lock() {
            Ok(()) => Ok(PublishLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(RegistryError::Busy { path: self.path.clone() }),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// Verifies the metadata from the first root down, as an installer would at `now`.
    pub fn verify(&self, now: Timestamp) -> Result<VerifiedRepository, RegistryError> {
        let anchor = fs_err::read(self.path.join("metadata").join("1.root.json"))?;
        let client = Client::without_store(&TrustAnchor::from_root_bytes(&anchor)?);
        Ok(client.update(&MetadataFetch(&self.source()), &UpdateOptions::at(now))?)
    }
}

//! The blobs of a registry directory: `blobs/sha256/<hex>`, written once and never changed.
//!
//! A name alone is never believed, so a blob waits for no disk: whoever publishes metadata that names it syncs the file
//! system before.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use attune_schemas::Digest;

use super::hashing::{BlobError, HashingReader, check, digest_of_reader};
use crate::atomic_file::{AtomicWrite, Durability, IncomingFile, create_folder};
use crate::layout::RegistryPath;

/// The blobs below one registry directory.
#[derive(Debug, Clone)]
pub struct BlobStore {
    registry: PathBuf,
}

/// A blob that is being written and has no name yet; removed if it is dropped before [`Self::keep`].
#[derive(Debug)]
pub struct IncomingBlob {
    file: IncomingFile,
    store: BlobStore,
}

impl BlobStore {
    /// The blobs of the registry at `registry`.
    pub fn new(registry: &Path) -> Self {
        Self { registry: registry.to_owned() }
    }

    /// Where the blob `digest` is or would be.
    pub fn path(&self, digest: &Digest) -> PathBuf {
        self.registry.join(RegistryPath::Blob(*digest).to_string())
    }

    /// Stores `bytes` and returns their digest.
    pub fn put(&self, bytes: &[u8]) -> io::Result<Digest> {
        let digest = Digest::of(bytes);
        if !self.holds(&digest, bytes.len() as u64)? {
            self.write(|file| file.write_all(bytes).map(|()| digest))?;
        }
        Ok(digest)
    }

    /// Stores everything in `reader`, whose digest need not be known before; returns digest and size.
    pub fn put_reader(&self, reader: impl Read) -> io::Result<(Digest, u64)> {
        let mut size = 0;
        let digest = self.write(|file| {
            let mut hashing = HashingReader::new(reader);
            io::copy(&mut hashing, file)?;
            let (digest, bytes) = hashing.finish();
            size = bytes;
            Ok(digest)
        })?;
        Ok((digest, size))
    }

    /// Starts a blob that is not whole yet, such as one that is read again before it is kept.
    pub fn start(&self) -> io::Result<IncomingBlob> {
        let folder = self.registry.join("blobs").join("sha256");
        create_folder(&folder, Durability::Unsynced)?;
        let write = AtomicWrite { durability: Durability::Unsynced, ..AtomicWrite::default() };
        Ok(IncomingBlob { file: write.start_in(&folder)?, store: self.clone() })
    }

    /// Opens the blob `digest`; its bytes are not checked yet.
    pub fn open(&self, digest: &Digest) -> io::Result<fs_err::File> {
        fs_err::File::open(self.path(digest))
    }

    /// Checks that the blob `digest` is there, whole and undamaged.
    pub fn verify(&self, digest: &Digest, size: u64) -> Result<(), BlobError> {
        let io = |source| BlobError::Io { digest: *digest, source };
        check((digest, size), digest_of_reader(self.open(digest).map_err(io)?).map_err(io)?)
    }

    /// Whether the blob is there with these very bytes; a name alone is never believed.
    fn holds(&self, digest: &Digest, size: u64) -> io::Result<bool> {
        match self.verify(digest, size) {
            Ok(()) => Ok(true),
            Err(BlobError::Io { source, .. }) if source.kind() != io::ErrorKind::NotFound => Err(source),
            Err(_) => Ok(false),
        }
    }

    fn write(&self, fill: impl FnOnce(&mut IncomingFile) -> io::Result<Digest>) -> io::Result<Digest> {
        let mut blob = self.start()?;
        let digest = fill(&mut blob.file)?;
        blob.keep(&digest)?;
        Ok(digest)
    }
}

impl IncomingBlob {
    /// The file, opened for reading and writing.
    pub const fn file_mut(&mut self) -> &mut fs_err::File {
        self.file.file_mut()
    }

    /// Keeps it as the blob `digest`, which the caller has found its bytes to have. One that is there and whole stays:
    /// it may be named already, and has reached the disk.
    pub fn keep(mut self, digest: &Digest) -> io::Result<()> {
        let size = self.file.file_mut().metadata()?.len();
        if self.store.holds(digest, size)? {
            return Ok(());
        }
        self.file.commit(OsStr::new(&digest.hex()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_stored_once_under_its_digest() {
        let directory = tempfile::tempdir().unwrap();
        let store = BlobStore::new(directory.path());
        let digest = store.put(b"hello").unwrap();
        assert_eq!(store.put_reader(&b"hello"[..]).unwrap(), (digest, 5));
        assert_eq!(fs_err::read(store.path(&digest)).unwrap(), b"hello");
        let names = fs_err::read_dir(directory.path().join("blobs/sha256")).unwrap().count();
        assert_eq!(names, 1, "no temporary file is left");
    }

    #[test]
    fn a_blob_that_is_whole_is_not_replaced() {
        use std::os::unix::fs::MetadataExt as _;
        let directory = tempfile::tempdir().unwrap();
        let store = BlobStore::new(directory.path());
        let digest = store.put(b"hello").unwrap();
        let file = |digest| fs_err::metadata(store.path(digest)).unwrap().ino();
        let before = file(&digest);
        store.put_reader(&b"hello"[..]).unwrap();
        assert_eq!(file(&digest), before);
        fs_err::write(store.path(&digest), b"jello").unwrap();
        store.put_reader(&b"hello"[..]).unwrap();
        store.verify(&digest, 5).unwrap();
    }

    #[test]
    fn a_damaged_blob_is_written_again() {
        let directory = tempfile::tempdir().unwrap();
        let store = BlobStore::new(directory.path());
        let digest = store.put(b"hello").unwrap();
        fs_err::write(store.path(&digest), b"jello").unwrap();
        assert!(matches!(store.verify(&digest, 5), Err(BlobError::Digest { .. })));
        store.put(b"hello").unwrap();
        store.verify(&digest, 5).unwrap();
    }
}

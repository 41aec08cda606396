//! A blob whose bytes have been held against its digest; the only form in which one is unpacked.
//!
//! Small blobs are kept in memory and never touch the disk packed. A larger one is spooled to a file
//! without a name, which its reader shrinks from the front as it goes, so that a blob is never on
//! disk twice.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use rustix::fs::FallocateFlags;

use super::hashing::{BlobError, copy_verified};

/// The largest blob that is held in memory, in bytes.
pub const MAX_IN_MEMORY_BYTES: u64 = 16 * 1024 * 1024;

/// A blob whose digest and size have been checked.
#[derive(Debug)]
pub struct VerifiedBlob {
    digest: Digest,
    size: u64,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Memory(Vec<u8>),
    File(fs_err::File),
}

/// Where blobs that are too large for memory wait between check and use.
#[derive(Debug, Clone)]
pub struct BlobSpool {
    directory: PathBuf,
}

impl BlobSpool {
    /// Spools into `directory`, which must be on the file system that the blobs will be unpacked to.
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// Reads the blob `digest` of `size` bytes and checks it.
    pub fn receive(
        &self,
        digest: &Digest,
        size: u64,
        reader: &mut dyn Read,
    ) -> Result<VerifiedBlob, BlobError> {
        let body = if size <= MAX_IN_MEMORY_BYTES {
            let capacity = usize::try_from(size).expect("a blob in memory fits the address space");
            let mut bytes = Vec::with_capacity(capacity);
            copy_verified(reader, &mut bytes, digest, size)?;
            Body::Memory(bytes)
        } else {
            let io = |source| BlobError::Io { digest: *digest, source };
            let file = tempfile::tempfile_in(&self.directory).map_err(io)?;
            let mut file = fs_err::File::from_parts(file, self.directory.join("spooled blob"));
            copy_verified(reader, &mut file, digest, size)?;
            file.rewind().map_err(io)?;
            Body::File(file)
        };
        Ok(VerifiedBlob { digest: *digest, size, body })
    }
}

impl VerifiedBlob {
    /// Its digest.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The bytes of memory it occupies.
    pub fn memory_bytes(&self) -> u64 {
        match &self.body {
            Body::Memory(bytes) => bytes.len() as u64,
            Body::File(_) => 0,
        }
    }

    /// Reads it from the start.
    pub fn into_reader(self) -> BlobReader {
        match self.body {
            Body::Memory(bytes) => BlobReader::Memory(Cursor::new(bytes)),
            Body::File(file) => BlobReader::File(file),
        }
    }
}

/// Reads a [`VerifiedBlob`], with seeking.
#[derive(Debug)]
pub enum BlobReader {
    /// From memory.
    Memory(Cursor<Vec<u8>>),
    /// From the spool.
    File(fs_err::File),
}

impl BlobReader {
    /// Gives the disk space of everything before `offset` back, where the file system can.
    ///
    /// What lies before `offset` reads as zeros afterwards.
    pub fn release_before(&self, offset: u64) {
        if let Self::File(file) = self
            && offset > 0
        {
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            // Only saves space; a file system without holes costs the blob's size for a while.
            let _ = rustix::fs::fallocate(file.file(), flags, 0, offset);
        }
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(cursor) => cursor.read(buffer),
            Self::File(file) => file.read(buffer),
        }
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Memory(cursor) => cursor.seek(position),
            Self::File(file) => file.seek(position),
        }
    }
}

//! A blob whose bytes have been checked against its digest; the only form in which one is unpacked.
//!
//! Small blobs are kept in memory and never touch the disk packed. A larger one is spooled to a file
//! without a name, which its reader shrinks from the front as it goes, so that a blob is never on
//! disk twice.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_schemas::Digest;
use bytes::Bytes;
use rustix::fs::FallocateFlags;

use super::budget::{Budget, Share};
use super::hashing::{BlobError, copy_verified};
use super::pool::{Pool, PooledBytes};

/// The largest blob that is held in memory, in bytes.
pub const MAX_IN_MEMORY_BYTES: u64 = 16 * 1024 * 1024;
/// The most that all blobs in memory take together, in bytes, however many threads there are.
const MEMORY_BUDGET_BYTES: u64 = 64 * 1024 * 1024;

/// A blob whose digest and size have been checked.
#[derive(Debug)]
pub struct VerifiedBlob {
    digest: Digest,
    size: u64,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Memory(PooledBytes),
    File(fs_err::File, Share),
}

/// Where blobs that are too large for memory wait between check and use.
///
/// Only one blob waits at a time: the plan counts room for the unpacked files, and none for the spool.
#[derive(Debug, Clone)]
pub struct BlobSpool {
    directory: PathBuf,
    memory: Arc<Budget>,
    pool: Pool,
    spooled: Arc<Budget>,
}

impl Default for BlobSpool {
    /// One that has a place for small blobs alone, until it gets a directory.
    fn default() -> Self {
        Self::new(Path::new(""))
    }
}

impl BlobSpool {
    /// The same, with the same bounds, that spools into `directory`.
    #[must_use]
    pub fn in_directory(&self, directory: &Path) -> Self {
        Self { directory: directory.to_owned(), ..self.clone() }
    }

    /// Spools into `directory`, which must be on the file system that the blobs will be unpacked to.
    pub fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            memory: Budget::new(MEMORY_BUDGET_BYTES),
            pool: Pool::default(),
            spooled: Budget::new(1),
        }
    }

    /// Reads the blob `digest` of `size` bytes and checks it.
    pub fn receive(
        &self,
        digest: &Digest,
        size: u64,
        reader: &mut dyn Read,
    ) -> Result<VerifiedBlob, BlobError> {
        let io = |source| BlobError::Io { digest: *digest, source };
        let body = if size <= MAX_IN_MEMORY_BYTES {
            let capacity = usize::try_from(size).expect("a blob in memory fits the address space");
            let mut bytes = self.pool.take(capacity, &self.memory);
            bytes.reserve(capacity).map_err(|_| io(io::ErrorKind::OutOfMemory.into()))?;
            copy_verified(reader, bytes.content(), digest, size)?;
            Body::Memory(bytes)
        } else {
            let share = Budget::take(&self.spooled, 1);
            let file = tempfile::tempfile_in(&self.directory).map_err(io)?;
            let mut file = fs_err::File::from_parts(file, self.directory.join("spooled blob"));
            copy_verified(reader, &mut file, digest, size)?;
            file.rewind().map_err(io)?;
            Body::File(file, share)
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

    /// Reads it from the start.
    pub fn into_reader(self) -> BlobReader {
        match self.body {
            Body::Memory(bytes) => BlobReader::Memory(Cursor::new(BlobBytes(Bytes::from_owner(bytes)))),
            Body::File(file, share) => {
                BlobReader::File(SpooledReader { file, position: 0, released: None, _share: share })
            }
        }
    }
}

/// Reads a [`VerifiedBlob`], with seeking.
#[derive(Debug)]
pub enum BlobReader {
    /// From memory.
    Memory(Cursor<BlobBytes>),
    /// From the spool.
    File(SpooledReader),
}

/// The bytes of a blob in memory.
#[derive(Debug, Clone)]
pub struct BlobBytes(Bytes);

impl BlobBytes {
    /// The `length` bytes from `start` on; `None` where it has not as many.
    pub fn part(&self, start: u64, length: u64) -> Option<&[u8]> {
        let start = usize::try_from(start).ok()?;
        self.0.get(start..start.checked_add(usize::try_from(length).ok()?)?)
    }
}

impl AsRef<[u8]> for BlobBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Reads a spooled blob and, once told to, gives the disk back that it has read past.
#[derive(Debug)]
pub struct SpooledReader {
    file: fs_err::File,
    position: u64,
    /// Where the part that is still on disk begins; `None` while everything is kept.
    released: Option<Release>,
    // Last, so that the file is closed before the next one may come.
    _share: Share,
}

#[derive(Debug)]
struct Release {
    switch: ReleaseSwitch,
    before: u64,
}

/// Tells a reader, which may be deep inside a decoder, that it will not be asked for anything twice.
#[derive(Debug, Clone, Default)]
pub struct ReleaseSwitch(Arc<AtomicBool>);

/// Disk space is given back in steps of this many bytes.
const RELEASE_STEP_BYTES: u64 = 4 * 1024 * 1024;

impl ReleaseSwitch {
    /// From now on the blob is only read forward.
    pub fn forward_only(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl BlobReader {
    /// A second reader of the same bytes, from their start; `None` if they are in the spool.
    pub fn second(&self) -> Option<Self> {
        match self {
            Self::Memory(cursor) => Some(Self::Memory(Cursor::new(cursor.get_ref().clone()))),
            Self::File(_) => None,
        }
    }

    /// Its bytes, if they are in memory.
    pub fn in_memory(&self) -> Option<BlobBytes> {
        match self {
            Self::Memory(cursor) => Some(cursor.get_ref().clone()),
            Self::File(_) => None,
        }
    }

    /// A switch for this reader; until it is thrown, everything is kept.
    pub fn release_switch(&mut self) -> ReleaseSwitch {
        let switch = ReleaseSwitch::default();
        if let Self::File(spooled) = self {
            spooled.released = Some(Release { switch: switch.clone(), before: 0 });
        }
        switch
    }
}

impl SpooledReader {
    /// Gives back the disk space before the position; it reads as zeros afterwards.
    fn release_behind(&mut self) {
        let Some(Release { switch, before }) = &mut self.released else { return };
        if self.position < *before + RELEASE_STEP_BYTES || !switch.0.load(Ordering::Relaxed) {
            return;
        }
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        // Only saves space; a file system without holes costs the blob's size for a while.
        let _ = rustix::fs::fallocate(self.file.file(), flags, *before, self.position - *before);
        *before = self.position;
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(cursor) => cursor.read(buffer),
            Self::File(spooled) => {
                spooled.release_behind();
                let count = spooled.file.read(buffer)?;
                spooled.position += count as u64;
                Ok(count)
            }
        }
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Memory(cursor) => cursor.seek(position),
            Self::File(spooled) => {
                spooled.position = spooled.file.seek(position)?;
                Ok(spooled.position)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn spooled(directory: &Path) -> VerifiedBlob {
        let bytes = vec![7; usize::try_from(MAX_IN_MEMORY_BYTES).unwrap() + 1];
        let spool = BlobSpool::new(directory);
        spool.receive(&Digest::of(&bytes), bytes.len() as u64, &mut &bytes[..]).unwrap()
    }

    fn blocks(reader: &BlobReader) -> u64 {
        let BlobReader::File(spooled) = reader else { panic!("it is in memory") };
        spooled.file.metadata().unwrap().blocks()
    }

    #[test]
    fn a_large_blob_is_spooled_and_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut bytes = Vec::new();
        let blob = spooled(directory.path());
        blob.into_reader().read_to_end(&mut bytes).unwrap();
        assert!(bytes.iter().all(|&byte| byte == 7));
        assert_eq!(bytes.len() as u64, MAX_IN_MEMORY_BYTES + 1);
    }

    #[test]
    fn what_was_read_forward_only_is_given_back() {
        let directory = tempfile::tempdir().unwrap();
        let mut reader = spooled(directory.path()).into_reader();
        let switch = reader.release_switch();
        let whole = blocks(&reader);
        io::copy(&mut reader, &mut io::sink()).unwrap();
        assert_eq!(blocks(&reader), whole, "nothing is given back unasked");
        reader.rewind().unwrap();
        switch.forward_only();
        io::copy(&mut reader, &mut io::sink()).unwrap();
        assert!(blocks(&reader) < whole, "some of it is given back");
    }

    #[test]
    fn a_damaged_blob_is_refused_in_memory_and_in_the_spool() {
        let directory = tempfile::tempdir().unwrap();
        for size in [10, MAX_IN_MEMORY_BYTES + 1] {
            let bytes = vec![7; usize::try_from(size).unwrap()];
            let spool = BlobSpool::new(directory.path());
            let error = spool.receive(&Digest::of(b"other"), size, &mut &bytes[..]).unwrap_err();
            assert!(matches!(error, BlobError::Digest { .. }), "{error}");
        }
        assert_eq!(fs_err::read_dir(directory.path()).unwrap().count(), 0, "nothing is left behind");
    }
}

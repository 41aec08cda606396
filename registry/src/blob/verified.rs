//! A blob whose bytes have been checked against its digest; the only form in which one is unpacked.
//!
//! Small blobs are kept in memory and never touch the disk packed. A larger one is spooled to a file
//! without a name, of which its readers give back the parts that they have read, so that a blob is never on
//! disk twice.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attune_schemas::Digest;

use super::beside::copy_verified_beside;
use super::budget::{Budget, Loan};
use super::content::{BlobContent, BlobReader, Body};
use super::hashing::{BlobError, copy_verified};
use super::pool::Pool;

/// The largest blob that is held in memory, in bytes.
pub const MAX_IN_MEMORY_BYTES: u64 = 16 * 1024 * 1024;
/// The most that all blobs in memory take together, and the memory lent to those who unpack them, in bytes,
/// however many threads there are.
const MEMORY_BUDGET_BYTES: u64 = 80 * 1024 * 1024;
/// One is received while another is unpacked.
const MAX_SPOOLED: u64 = 2;

/// A blob whose digest and size have been checked.
#[derive(Debug)]
pub struct VerifiedBlob {
    digest: Digest,
    content: BlobContent,
}

/// Where blobs that are too large for memory wait between check and use.
///
/// The plan counts room for the unpacked files, and none for the spool: a blob takes the room of its own files, which
/// it gives back as they are written.
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
            spooled: Budget::new(MAX_SPOOLED),
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
            copy_verified_beside(reader, &mut file, digest, size)?;
            Body::File(file, share)
        };
        Ok(VerifiedBlob { digest: *digest, content: BlobContent::new(body, size) })
    }

    /// Lends `bytes` of memory for something that ends without waiting for anybody, such as inflating a file; `None`
    /// where too little is free.
    pub fn lend_now(&self, bytes: u64) -> Option<BorrowedMemory> {
        self.lent(bytes, Budget::lend_now(&self.memory, bytes))
    }

    /// The same. Where others have borrowed the memory that is lacking, one at a time waits for them.
    pub fn lend(&self, bytes: u64) -> Option<BorrowedMemory> {
        self.lent(bytes, Budget::lend(&self.memory, bytes))
    }

    fn lent(&self, bytes: u64, loan: Option<Loan>) -> Option<BorrowedMemory> {
        let loan = loan?;
        if bytes > MAX_IN_MEMORY_BYTES {
            self.pool.clear();
        }
        Some(BorrowedMemory { _loan: loan })
    }
}

impl VerifiedBlob {
    /// Its digest.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.content.size()
    }

    /// Reads it from the start.
    pub fn into_reader(self) -> BlobReader {
        self.content.reader()
    }

    /// Its bytes.
    pub fn into_content(self) -> BlobContent {
        self.content
    }
}

/// Memory of a [`BlobSpool`]; given back when dropped.
#[derive(Debug)]
pub struct BorrowedMemory {
    _loan: Loan,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn received(directory: &Path, size: u64) -> VerifiedBlob {
        let bytes = vec![7; usize::try_from(size).unwrap()];
        BlobSpool::new(directory).receive(&Digest::of(&bytes), size, &mut &bytes[..]).unwrap()
    }

    pub(crate) fn spooled(directory: &Path) -> VerifiedBlob {
        received(directory, MAX_IN_MEMORY_BYTES + 1)
    }

    pub(crate) fn in_memory(directory: &Path) -> VerifiedBlob {
        received(directory, 100)
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

    #[test]
    fn memory_is_lent_while_blobs_leave_it() {
        let spool = BlobSpool::new(Path::new(""));
        let bytes = vec![7; 1000];
        let blob = spool.receive(&Digest::of(&bytes), 1000, &mut &bytes[..]).unwrap();
        assert!(spool.lend(MEMORY_BUDGET_BYTES - 999).is_none());
        assert!(spool.lend_now(MEMORY_BUDGET_BYTES - 999).is_none());
        drop(spool.lend(MEMORY_BUDGET_BYTES - 1000).unwrap());
        drop(spool.lend_now(MEMORY_BUDGET_BYTES - 1000).unwrap());
        drop(blob);
        assert!(spool.lend(MEMORY_BUDGET_BYTES).is_some());
        assert!(spool.lend(MEMORY_BUDGET_BYTES + 1).is_none());
    }
}

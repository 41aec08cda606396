//! The bytes of a checked blob, in memory or in the spool, for as many threads as like to read them.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fs_err::os::unix::fs::FileExt as _;
use rustix::fs::FallocateFlags;

use super::budget::Share;
use super::pool::PooledBytes;

/// Disk space is given back in steps of this many bytes.
pub const RELEASE_STEP_BYTES: u64 = 4 * 1024 * 1024;

/// The bytes of a blob; clones are the same bytes.
#[derive(Debug, Clone)]
pub struct BlobContent {
    body: Arc<Body>,
    size: u64,
}

#[derive(Debug)]
pub(super) enum Body {
    Memory(PooledBytes),
    // The file is closed before the next one may come.
    File(fs_err::File, #[expect(dead_code, reason = "it is held")] Share),
}

impl BlobContent {
    pub(super) fn new(body: Body, size: u64) -> Self {
        Self { body: Arc::new(body), size }
    }

    /// Its size in bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// All its bytes, if they are in memory.
    pub fn in_memory(&self) -> Option<&[u8]> {
        match &*self.body {
            Body::Memory(bytes) => Some(bytes.as_ref()),
            Body::File(..) => None,
        }
    }

    /// Reads it from its start.
    pub fn reader(&self) -> BlobReader {
        BlobReader { content: self.clone(), position: 0, released: None }
    }

    /// Reads some bytes from `position` on; none are its end.
    ///
    /// # Errors
    /// The spool cannot be read.
    pub fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        match &*self.body {
            Body::File(file, _) => file.read_at(buffer, position),
            Body::Memory(bytes) => {
                let start = usize::try_from(position).unwrap_or(usize::MAX);
                bytes.as_ref().get(start..).map_or(Ok(0), |mut rest| rest.read(buffer))
            }
        }
    }

    /// Reads the bytes from `position` on that fill `buffer`.
    ///
    /// # Errors
    /// It has not as many, or the spool cannot be read.
    pub fn read_exact_at(&self, buffer: &mut [u8], position: u64) -> io::Result<()> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read_at(&mut buffer[filled..], position.saturating_add(filled as u64)) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Gives back the disk space of `part`, which nobody reads again: it reads as zeros afterwards.
    pub fn release(&self, part: Range<u64>) {
        if let Body::File(file, _) = &*self.body
            && part.start < part.end
        {
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            // Only saves space; a file system without holes costs the blob's size for a while.
            let _ = rustix::fs::fallocate(file.file(), flags, part.start, part.end - part.start);
        }
    }
}

/// Reads a [`BlobContent`], with seeking. Once told to, it gives the disk back that it has read past.
#[derive(Debug)]
pub struct BlobReader {
    content: BlobContent,
    position: u64,
    /// Where the part that is still on disk begins; `None` while everything is kept.
    released: Option<Release>,
}

#[derive(Debug)]
struct Release {
    switch: ReleaseSwitch,
    before: u64,
}

/// Tells a reader, which may be deep inside a decoder, that it will not be asked for anything twice.
#[derive(Debug, Clone, Default)]
pub struct ReleaseSwitch(Arc<AtomicBool>);

impl ReleaseSwitch {
    /// From now on the blob is only read forward.
    pub fn forward_only(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl BlobReader {
    /// A switch for this reader; until it is thrown, everything is kept.
    pub fn release_switch(&mut self) -> ReleaseSwitch {
        let switch = ReleaseSwitch::default();
        self.released = Some(Release { switch: switch.clone(), before: 0 });
        switch
    }

    /// Gives back the disk space before the position.
    fn release_behind(&mut self) {
        let Some(Release { switch, before }) = &mut self.released else { return };
        if self.position < *before + RELEASE_STEP_BYTES || !switch.0.load(Ordering::Relaxed) {
            return;
        }
        self.content.release(*before..self.position);
        *before = self.position;
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.release_behind();
        let count = self.content.read_at(buffer, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let sought = match position {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.content.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = sought.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::super::verified::tests::{in_memory, spooled};
    use super::super::verified::{MAX_IN_MEMORY_BYTES, VerifiedBlob};
    use super::*;

    fn blocks(content: &BlobContent) -> u64 {
        let Body::File(file, _) = &*content.body else { panic!("it is in memory") };
        file.metadata().unwrap().blocks()
    }

    #[test]
    fn what_was_read_forward_only_is_given_back() {
        let directory = tempfile::tempdir().unwrap();
        let content = spooled(directory.path()).into_content();
        let mut reader = content.reader();
        let switch = reader.release_switch();
        let whole = blocks(&content);
        io::copy(&mut reader, &mut io::sink()).unwrap();
        assert_eq!(blocks(&content), whole, "nothing is given back unasked");
        reader.rewind().unwrap();
        switch.forward_only();
        io::copy(&mut reader, &mut io::sink()).unwrap();
        assert!(blocks(&content) < whole, "some of it is given back");
    }

    #[test]
    fn a_part_that_is_released_takes_no_other_with_it() {
        let directory = tempfile::tempdir().unwrap();
        let content = spooled(directory.path()).into_content();
        let whole = blocks(&content);
        content.release(5000..1_000_001);
        content.release(7..7);
        assert!(blocks(&content) < whole);
        let mut bytes = vec![0; 1_001_000];
        content.read_exact_at(&mut bytes, 0).unwrap();
        assert!(bytes[..5000].iter().chain(&bytes[1_000_001..]).all(|&byte| byte == 7));
    }

    #[test]
    fn it_is_read_from_any_place_and_not_beyond_its_end() {
        let directory = tempfile::tempdir().unwrap();
        for content in
            [spooled(directory.path()), in_memory(directory.path())].map(VerifiedBlob::into_content)
        {
            let size = content.size();
            let mut two = [0; 2];
            content.read_exact_at(&mut two, size - 2).unwrap();
            assert_eq!(two, [7, 7]);
            for position in [size - 1, size, u64::MAX] {
                let error = content.read_exact_at(&mut two, position);
                assert!(error.is_err(), "{position} of {size}");
            }
            let mut reader = content.reader();
            assert_eq!(reader.seek(SeekFrom::End(-3)).unwrap(), size - 3);
            assert_eq!(reader.seek(SeekFrom::Current(-1)).unwrap(), size - 4);
            assert!(reader.seek(SeekFrom::Start(1)).is_ok() && reader.seek(SeekFrom::Current(-2)).is_err());
            assert_eq!(content.in_memory().is_some(), size <= MAX_IN_MEMORY_BYTES);
        }
    }
}

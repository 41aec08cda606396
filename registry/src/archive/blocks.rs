//! The blocks of a tar stream: headers, and the content between them.
//!
//! Header fields are parsed by the `tar` crate; the walk from header to header is here, because the
//! crate's own keeps names of any size in memory and cannot be held across calls.

use std::io::{self, Read};

use tar::Header;

use super::error::ArchiveError;

const BLOCK: usize = 512;

/// A tar stream; reading from it gives the content that belongs to the header that came last.
#[derive(Debug)]
pub(crate) struct Blocks<R> {
    reader: R,
    /// Bytes of the current content that have not been read.
    remaining: u64,
    /// Bytes between the end of the current content and the next header.
    padding: u64,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    pub(crate) const fn new(reader: R) -> Self {
        Self { reader, remaining: 0, padding: 0, ended: false }
    }

    /// Bytes of the current content that have not been read.
    pub(crate) const fn remaining(&self) -> u64 {
        self.remaining
    }

    /// Says that the current content, of which nothing was read, has another length than its header says.
    pub(crate) const fn resize(&mut self, size: u64) {
        self.remaining = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    /// The next header; `None` at the end of the archive. Skips the unread rest of the content before it.
    pub(crate) fn next_header(&mut self) -> Result<Option<Header>, ArchiveError> {
        if self.ended {
            return Ok(None);
        }
        let skip = self.remaining + self.padding;
        let skipped = io::copy(&mut (&mut self.reader).take(skip), &mut io::sink());
        if skipped.map_err(ArchiveError::of_read)? != skip {
            return Err(ArchiveError::Damaged(io::ErrorKind::UnexpectedEof.into()));
        }
        (self.remaining, self.padding) = (0, 0);
        let mut block = [0; BLOCK];
        self.reader.read_exact(&mut block).map_err(ArchiveError::of_read)?;
        if block.iter().all(|&byte| byte == 0) {
            self.ended = true;
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block).clone();
        let checksum = header.cksum().map_err(ArchiveError::of_read)?;
        if checksum != checksum_of(&block) {
            return Err(damaged("the checksum of an entry's header does not match"));
        }
        let size = header.entry_size().map_err(ArchiveError::of_read)?;
        // No stream is that long, and the sum with its padding must not overflow.
        if size > u64::MAX / 2 {
            return Err(damaged("an entry is larger than any file"));
        }
        self.resize(size);
        Ok(Some(header))
    }

    /// The whole current content, which is `what` and at most `limit` bytes long.
    pub(crate) fn read_small(&mut self, limit: u64, what: &'static str) -> Result<Vec<u8>, ArchiveError> {
        if self.remaining > limit {
            return Err(ArchiveError::TooLarge { limit, what });
        }
        let mut content = Vec::new();
        self.read_to_end(&mut content).map_err(ArchiveError::of_read)?;
        Ok(content)
    }

    /// Reads to the end of the stream and refuses anything but the zeros that pad an archive.
    ///
    /// A compressed stream is only known to be undamaged once it has been read to its end.
    pub(crate) fn finish(&mut self, max_padding_bytes: u64) -> Result<(), ArchiveError> {
        let mut limited = (&mut self.reader).take(max_padding_bytes + 1);
        let (mut buffer, mut length) = ([0; 16 * 1024], 0);
        loop {
            let count = limited.read(&mut buffer).map_err(ArchiveError::of_read)?;
            if count == 0 {
                return Ok(());
            }
            length += count as u64;
            if length > max_padding_bytes || buffer[..count].iter().any(|&byte| byte != 0) {
                return Err(damaged("there is data after its end"));
            }
        }
    }
}

impl<R: Read> Read for Blocks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.remaining == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let wanted = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.reader.read(&mut buffer[..wanted])?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.remaining -= count as u64;
        Ok(count)
    }
}

pub(crate) fn damaged(what: &str) -> ArchiveError {
    ArchiveError::Damaged(io::Error::new(io::ErrorKind::InvalidData, what))
}

/// The sum of a header's bytes, its checksum field counting as spaces.
fn checksum_of(block: &[u8; BLOCK]) -> u32 {
    const FIELD: std::ops::Range<usize> = 148..156;
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    sum(&block[..FIELD.start]) + 8 * u32::from(b' ') + sum(&block[FIELD.end..])
}

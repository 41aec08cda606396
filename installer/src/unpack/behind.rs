//! The parts of a wheel that its unpacking has put behind it, whose disk space is given back.
//!
//! A wheel in the spool takes the room of its own files: what of it is on disk shrinks as they grow.

use std::io::{self, Read};
use std::ops::Range;

use attune_registry::blob::{BlobContent, RELEASE_STEP_BYTES};
use attune_registry::release_check::WheelFile;

/// Less than the header of a file (APPNOTE 4.3.7): between two parts so close, nothing is left to be read.
const MAX_GAP_BYTES: u64 = 29;

/// The parts that one thread has read.
pub(super) struct Behind<'a> {
    wheel: &'a BlobContent,
    apart: bool,
    parts: Vec<Range<u64>>,
    bytes: u64,
}

impl<'a> Behind<'a> {
    /// Of `wheel`; nothing of it is given back unless its files lie `apart`.
    pub(super) const fn new(wheel: &'a BlobContent, apart: bool) -> Self {
        Self { wheel, apart, parts: Vec::new(), bytes: 0 }
    }

    /// Nobody reads `part` again.
    pub(super) fn add(&mut self, part: Range<u64>) {
        if !self.apart {
            return;
        }
        self.bytes += part.end - part.start;
        match self.parts.last_mut() {
            Some(last) if (last.end..=last.end + MAX_GAP_BYTES).contains(&part.start) => last.end = part.end,
            _ => self.parts.push(part),
        }
        if self.bytes >= RELEASE_STEP_BYTES {
            self.parts.drain(..).for_each(|part| self.wheel.release(part));
            self.bytes = 0;
        }
    }
}

/// Reads the content of a file as it is in the archive, and puts it behind.
pub(super) struct Part<'p, 'a> {
    behind: &'p mut Behind<'a>,
    rest: Range<u64>,
}

impl<'p, 'a> Part<'p, 'a> {
    /// The content of `file`.
    pub(super) const fn new(file: &WheelFile, behind: &'p mut Behind<'a>) -> Self {
        Self { behind, rest: file.data_start..file.data_end() }
    }
}

impl Read for Part<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.rest.end - self.rest.start).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let count = self.behind.wheel.read_at(&mut buffer[..most], self.rest.start)?;
        let start = self.rest.start;
        self.rest.start += count as u64;
        self.behind.add(start..self.rest.start);
        Ok(count)
    }
}

//! Writes files of a wheel, each checked on its way: exactly as long as the wheel lists it, and of the checksum.
//!
//! A file is inflated in one piece where there is memory for it, which takes half the time of doing it in a stream.

use std::io::{self, Read, Write};

use attune_host::trees::{Found, NewTree};
use attune_registry::blob::BlobContent;
use attune_registry::release_check::{WheelError, WheelFile};
use flate2::read::DeflateDecoder;
use libdeflater::{DecompressionError, Decompressor};
use zip::CompressionMethod;
use zip::result::ZipError;

use super::behind::{Behind, Part};
use super::room::Room;

/// A larger file is inflated in memory that it borrows, if there is enough; a smaller one in that of its thread.
const OWN_BYTES: u64 = 2 << 20;
const STREAM_BUFFER_BYTES: usize = 64 << 10;

/// Writes files of one wheel, on one thread.
pub(super) struct FileWriter<'a> {
    wheel: &'a BlobContent,
    tree: &'a NewTree,
    room: &'a Room<'a>,
    behind: Behind<'a>,
    decompressor: Decompressor,
    own: Buffers,
}

/// Memory to inflate in, used again for every file.
#[derive(Default)]
struct Buffers {
    compressed: Vec<u8>,
    content: Vec<u8>,
}

/// The first `length` bytes of `buffer`, which is made longer only where it must be, since that is to fill it with zeros.
fn first(buffer: &mut Vec<u8>, length: u64) -> &mut [u8] {
    let length = usize::try_from(length).expect("it fits the memory that was lent for it");
    if buffer.len() < length {
        // What the system gives anew is zeros already.
        *buffer = vec![0; length];
    }
    &mut buffer[..length]
}

impl<'a> FileWriter<'a> {
    /// Writes files of `wheel` into `tree`. What was read of a wheel whose files lie `apart` is given back.
    pub(super) fn new(wheel: &'a BlobContent, tree: &'a NewTree, apart: bool, room: &'a Room<'a>) -> Self {
        let (behind, decompressor) = (Behind::new(wheel, apart), Decompressor::new());
        Self { wheel, tree, room, behind, decompressor, own: Buffers::default() }
    }

    /// Writes `file`, unless it is one to inflate in memory that others have; `None` if it is.
    pub(super) fn write_now(&mut self, file: &WheelFile) -> Option<Result<Found, WheelError>> {
        match self.borrowed_bytes(file) {
            0 => Some(self.write(file)),
            bytes => {
                let _lent = self.room.memory_now(bytes)?;
                Some(self.write_whole(file, &mut Buffers::default()))
            }
        }
    }

    /// Writes `file`, in a stream where there is no memory to be had.
    pub(super) fn write(&mut self, file: &WheelFile) -> Result<Found, WheelError> {
        match file.compression {
            CompressionMethod::Deflated => {}
            CompressionMethod::Stored => return self.write_stored(file),
            _ => return Err(ZipError::UnsupportedArchive("Compression method not supported").into()),
        }
        let bytes = self.borrowed_bytes(file);
        if bytes == 0 {
            let mut own = std::mem::take(&mut self.own);
            let written = self.write_whole(file, &mut own);
            self.own = own;
            return written;
        }
        match self.room.memory(bytes) {
            Some(_lent) => self.write_whole(file, &mut Buffers::default()),
            None => self.write_stream(file, DeflateDecoder::new),
        }
    }

    /// The memory to borrow for `file`; none for one that the thread's own is enough for, or that is not inflated.
    fn borrowed_bytes(&self, file: &WheelFile) -> u64 {
        let copied = if self.wheel.in_memory().is_some() { 0 } else { file.compressed_size };
        let borrows = file.compression == CompressionMethod::Deflated && file.size.max(copied) > OWN_BYTES;
        if borrows { file.size.saturating_add(copied) } else { 0 }
    }

    fn write_whole(&mut self, file: &WheelFile, buffers: &mut Buffers) -> Result<Found, WheelError> {
        let compressed = if let Some(bytes) = self.wheel.in_memory() {
            part_of(bytes, file)?
        } else {
            let compressed = first(&mut buffers.compressed, file.compressed_size);
            self.wheel.read_exact_at(compressed, file.data_start).map_err(of_read)?;
            self.behind.add(file.header_start..file.data_end());
            compressed
        };
        let content = first(&mut buffers.content, file.size);
        let inflated = self.decompressor.deflate_decompress(compressed, content);
        let size = inflated.map_err(|error| match error {
            DecompressionError::InsufficientSpace => damaged(file, "it is larger than it says"),
            DecompressionError::BadData => damaged(file, "it is damaged"),
        })?;
        require_size(file, size as u64)?;
        self.write_checked(file, content)
    }

    fn write_stored(&mut self, file: &WheelFile) -> Result<Found, WheelError> {
        let Some(bytes) = self.wheel.in_memory() else { return self.write_stream(file, |part| part) };
        require_size(file, file.compressed_size)?;
        self.write_checked(file, part_of(bytes, file)?)
    }

    /// Writes `content`, if it has the checksum of `file`.
    fn write_checked(&self, file: &WheelFile, content: &[u8]) -> Result<Found, WheelError> {
        require_checksum(file, crc32fast::hash(content))?;
        let mut new = self.tree.create_file(&file.path, file.executable)?;
        new.file().write_all(content)?;
        Ok(new.finish()?)
    }

    /// Writes `file` as it is read, through `decoder`.
    fn write_stream<'p, D: Read>(
        &'p mut self,
        file: &WheelFile,
        decoder: impl FnOnce(Part<'p, 'a>) -> D,
    ) -> Result<Found, WheelError> {
        let mut new = self.tree.create_file(&file.path, file.executable)?;
        let mut content = decoder(Part::new(file, &mut self.behind));
        let mut buffer = vec![0; STREAM_BUFFER_BYTES];
        let (mut size, mut checksum) = (0, crc32fast::Hasher::new());
        loop {
            let count = content.read(&mut buffer).map_err(of_read)?;
            size += count as u64;
            if count == 0 || size > file.size {
                break;
            }
            checksum.update(&buffer[..count]);
            new.file().write_all(&buffer[..count])?;
        }
        require_size(file, size)?;
        require_checksum(file, checksum.finalize())?;
        Ok(new.finish()?)
    }
}

/// The bytes of `file` in an archive that is in memory.
fn part_of<'b>(archive: &'b [u8], file: &WheelFile) -> Result<&'b [u8], WheelError> {
    let place = usize::try_from(file.data_start).ok().zip(usize::try_from(file.data_end()).ok());
    let part = place.and_then(|(start, end)| archive.get(start..end));
    part.ok_or_else(|| damaged(file, "it is cut off"))
}

fn require_size(file: &WheelFile, actual: u64) -> Result<(), WheelError> {
    if actual == file.size {
        return Ok(());
    }
    Err(WheelError::Footprint { counted: "bytes in a file", expected: file.size, actual })
}

fn require_checksum(file: &WheelFile, actual: u32) -> Result<(), WheelError> {
    if actual == file.crc32 { Ok(()) } else { Err(damaged(file, "its checksum is another")) }
}

fn of_read(error: io::Error) -> WheelError {
    ZipError::from(error).into()
}

fn damaged(file: &WheelFile, reason: &str) -> WheelError {
    let reason = format!("{}: {reason}", file.path);
    WheelError::Zip(ZipError::Io(io::Error::new(io::ErrorKind::InvalidData, reason)))
}

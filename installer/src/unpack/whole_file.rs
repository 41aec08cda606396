//! Files of a wheel that are inflated in one piece, which takes half the time of doing it in a stream.
//!
//! Nearly every file is small enough for it. The limits bound memory: two buffers for every unpacker.

use std::io::{self, Read};

use attune_registry::blob::{BlobBytes, BlobReader};
use attune_registry::release_check::{WheelError, WheelFile};
use libdeflater::{DecompressionError, Decompressor};
use zip::ZipArchive;
use zip::result::ZipError;

/// A larger file is inflated in a stream.
const MAX_BYTES: u64 = 16 << 20;

/// Buffers and tables, used again for every file.
pub(super) struct WholeFile {
    decompressor: Decompressor,
    /// The bytes of the archive, if it is in memory: they need no copy.
    archive: Option<BlobBytes>,
    compressed: Vec<u8>,
    /// As long as the longest content so far, since making it longer is to fill it with zeros.
    content: Vec<u8>,
}

impl WholeFile {
    /// For an archive of the bytes `archive`, if those are in memory.
    pub(super) fn new(archive: Option<BlobBytes>) -> Self {
        let (decompressor, compressed, content) = (Decompressor::new(), Vec::new(), Vec::new());
        Self { decompressor, archive, compressed, content }
    }

    /// Whether `file` is one to inflate in one piece.
    pub(super) const fn takes(file: &WheelFile) -> bool {
        file.deflated && file.size <= MAX_BYTES && file.compressed_size <= MAX_BYTES
    }

    /// The content of `file`: exactly as long as it was planned to be, and of the checksum that it was
    /// listed with.
    pub(super) fn read(
        &mut self,
        archive: &mut ZipArchive<BlobReader>,
        file: &WheelFile,
    ) -> Result<&[u8], WheelError> {
        let damaged = |reason: &str| {
            let reason = format!("{}: {reason}", file.path);
            WheelError::Zip(ZipError::Io(io::Error::new(io::ErrorKind::InvalidData, reason)))
        };
        let length = |bytes: u64| usize::try_from(bytes).expect("it is below the limit");
        let mut raw = archive.by_index_raw(file.index)?;
        let in_memory = self.archive.as_ref().zip(raw.data_start());
        let compressed = if let Some((bytes, start)) = in_memory {
            bytes.part(start, file.compressed_size)
        } else {
            self.compressed.clear();
            raw.read_to_end(&mut self.compressed).map_err(|error| WheelError::from(ZipError::from(error)))?;
            Some(&self.compressed[..])
        };
        drop(raw);
        let is_whole = |bytes: &&[u8]| bytes.len() as u64 == file.compressed_size;
        let compressed = compressed.filter(is_whole).ok_or_else(|| damaged("it is cut off"))?;
        let expected = length(file.size);
        if self.content.len() < expected {
            self.content.resize(expected, 0);
        }
        let content = &mut self.content[..expected];
        let size =
            self.decompressor.deflate_decompress(compressed, content).map_err(|error| match error {
                DecompressionError::InsufficientSpace => damaged("it is larger than it says"),
                DecompressionError::BadData => damaged("it is damaged"),
            })?;
        if size as u64 != file.size {
            let (expected, actual) = (file.size, size as u64);
            return Err(WheelError::Footprint { counted: "bytes in a file", expected, actual });
        }
        let content = &*content;
        if crc32fast::hash(content) != file.crc32 {
            return Err(damaged("its checksum is another"));
        }
        Ok(content)
    }
}

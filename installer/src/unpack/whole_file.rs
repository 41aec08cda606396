//! Files of a wheel that are inflated in one piece, which takes half the time of doing it in a stream.
//!
//! Nearly every file is small enough for it. The limits bound memory: two buffers for every unpacker.

use std::io::{self, Read};

use attune_registry::blob::BlobReader;
use attune_registry::release_check::{WheelError, WheelFile};
use libdeflater::{DecompressionError, Decompressor};
use zip::ZipArchive;
use zip::result::ZipError;

/// A larger file is inflated in a stream.
const MAX_BYTES: u64 = 16 << 20;

/// Buffers and tables, used again for every file.
pub(super) struct WholeFile {
    decompressor: Decompressor,
    compressed: Vec<u8>,
    content: Vec<u8>,
}

impl WholeFile {
    pub(super) fn new() -> Self {
        Self { decompressor: Decompressor::new(), compressed: Vec::new(), content: Vec::new() }
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
        self.compressed.clear();
        let mut raw = archive.by_index_raw(file.index)?;
        raw.read_to_end(&mut self.compressed).map_err(|error| WheelError::from(ZipError::from(error)))?;
        drop(raw);
        if self.compressed.len() as u64 != file.compressed_size {
            return Err(damaged("it is cut off"));
        }
        self.content.resize(length(file.size), 0);
        let size =
            self.decompressor.deflate_decompress(&self.compressed, &mut self.content).map_err(|error| {
                match error {
                    DecompressionError::InsufficientSpace => damaged("it is larger than it says"),
                    DecompressionError::BadData => damaged("it is damaged"),
                }
            })?;
        if size as u64 != file.size {
            let (expected, actual) = (file.size, size as u64);
            return Err(WheelError::Footprint { counted: "bytes in a file", expected, actual });
        }
        if crc32fast::hash(&self.content) != file.crc32 {
            return Err(damaged("its checksum is another"));
        }
        Ok(&self.content)
    }
}

//! Archives of regular files, of which bundles and backups are made: a tar in zstd frames with checksums.

use std::io::{self, BufReader, Read, Write};

use attune_schemas::Digest;
use tar::EntryType;

use crate::archive::{MAX_WINDOW_LOG, TarLimits, TarStream, tar_header, write_frames};
use crate::blob::{BlobError, copy_verified};

/// An archive that is being written, its bytes made of nothing but the names and bytes of its files.
pub struct ArchiveFiles<'a> {
    builder: tar::Builder<&'a mut dyn Write>,
}

/// An archive that is being read, its entries in the order in which they were written.
pub type ArchiveStream = TarStream<zstd::Decoder<'static, BufReader<Box<dyn Read + Send>>>>;

/// Writes to `writer` the archive that `fill` fills with about `total` bytes.
///
/// # Errors
/// Those of `fill`, or a write failed.
pub fn write_archive<T, E: From<io::Error>>(
    writer: impl Write,
    total: u64,
    fill: impl FnOnce(&mut ArchiveFiles<'_>) -> Result<T, E>,
) -> Result<T, E> {
    write_frames(writer, total, |frames| {
        let mut files = ArchiveFiles { builder: tar::Builder::new(frames) };
        let filled = fill(&mut files)?;
        files.builder.into_inner()?;
        Ok(filled)
    })
}

/// Begins to read an archive.
///
/// # Errors
/// There is no memory for it.
pub fn read_archive(reader: Box<dyn Read + Send>, limits: TarLimits) -> io::Result<ArchiveStream> {
    let mut decoder = zstd::Decoder::new(reader)?;
    decoder.window_log_max(MAX_WINDOW_LOG)?;
    Ok(TarStream::new(decoder, limits))
}

impl ArchiveFiles<'_> {
    /// Adds the file `path`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn add(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut header = tar_header(EntryType::Regular, 0o644, bytes.len() as u64);
        self.builder.append_data(&mut header, path, bytes)
    }

    /// Adds the blob `digest` of `size` bytes as the file `path`, which is no longer than a header has room for.
    ///
    /// # Errors
    /// Its bytes are others, or cannot be written; then the archive must be thrown away.
    pub fn add_blob(
        &mut self,
        path: &str,
        digest: &Digest,
        size: u64,
        mut reader: impl Read,
    ) -> Result<(), BlobError> {
        let io = |source| BlobError::Io { digest: *digest, source };
        let mut header = tar_header(EntryType::Regular, 0o644, size);
        header.set_path(path).map_err(io)?;
        header.set_cksum();
        let sink = self.builder.get_mut();
        sink.write_all(header.as_bytes()).map_err(io)?;
        copy_verified(&mut reader, sink, digest, size)?;
        let padding = size.next_multiple_of(512) - size;
        sink.write_all(&[0; 512][..usize::try_from(padding).expect("less than a block")]).map_err(io)
    }
}

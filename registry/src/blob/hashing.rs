//! The one place where a stream is checked against a size and a digest; `beside` reads large ones for it.

use std::io::{self, Read, Write};

use attune_schemas::Digest;
use sha2::{Digest as _, Sha256};

use crate::machine_fault::is_of_machine;

/// Why bytes are not the blob they should be, or could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// The bytes have another digest.
    #[error("blob {expected} is damaged: its bytes hash to {actual}")]
    Digest {
        /// The digest asked for.
        expected: Digest,
        /// The digest of the bytes that came.
        actual: Digest,
    },
    /// The bytes are too few or too many.
    #[error("blob {digest} is damaged: it has {actual} bytes, expected {expected}")]
    Size {
        /// The digest asked for.
        digest: Digest,
        /// The size that the link above states, in bytes.
        expected: u64,
        /// The size found, in bytes; if it is too long, the size at which reading stopped.
        actual: u64,
    },
    /// Reading or writing failed.
    #[error("could not read or write blob {digest}")]
    Io {
        /// The digest asked for.
        digest: Digest,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl BlobError {
    /// Whether the bytes are at fault. An archive that ends early, or whose frame is broken, shows as a failed read of
    /// the blob in it.
    pub fn is_damage(&self) -> bool {
        let Self::Io { source, .. } = self else { return true };
        let of_data = [io::ErrorKind::UnexpectedEof, io::ErrorKind::InvalidData, io::ErrorKind::Other];
        of_data.contains(&source.kind()) && !is_of_machine(source)
    }

    /// Whether the blob is not there.
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// Hashes and counts the bytes that are read through it.
#[derive(Debug)]
pub struct HashingReader<R> {
    inner: R,
    hasher: Sha256,
    bytes: u64,
}

impl<R: Read> HashingReader<R> {
    /// Wraps `inner`.
    pub fn new(inner: R) -> Self {
        Self { inner, hasher: Sha256::new(), bytes: 0 }
    }

    /// The digest and number of the bytes read so far.
    pub fn finish(self) -> (Digest, u64) {
        (Digest::from_bytes(self.hasher.finalize().into()), self.bytes)
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

/// Hashes and counts the bytes that are written through it.
#[derive(Debug)]
pub struct HashingWriter<W> {
    inner: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> HashingWriter<W> {
    /// Wraps `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new(), bytes: 0 }
    }

    /// The digest and number of the bytes written so far.
    pub fn finish(self) -> (Digest, u64) {
        (Digest::from_bytes(self.hasher.finalize().into()), self.bytes)
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The digest and size in bytes of everything in `reader`.
pub fn digest_of_reader(reader: impl Read) -> io::Result<(Digest, u64)> {
    let mut hashing = HashingReader::new(reader);
    copy(&mut hashing, &mut io::sink())?;
    Ok(hashing.finish())
}

/// Copies the blob `digest` of exactly `size` bytes from `reader` to `writer`.
///
/// At most `size + 1` bytes are read. When this fails, the bytes in `writer` must be thrown away.
///
/// # Errors
/// The bytes are others, or cannot be read or written.
pub fn copy_verified(
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    digest: &Digest,
    size: u64,
) -> Result<(), BlobError> {
    let mut hashing = HashingReader::new(reader.take(size.saturating_add(1)));
    copy(&mut hashing, writer).map_err(|source| BlobError::Io { digest: *digest, source })?;
    check((digest, size), hashing.finish())
}

/// Holds the digest and size in bytes that were found against those that were asked for.
pub(super) fn check((digest, size): (&Digest, u64), (actual, bytes): (Digest, u64)) -> Result<(), BlobError> {
    if bytes != size {
        return Err(BlobError::Size { digest: *digest, expected: size, actual: bytes });
    }
    if actual != *digest {
        return Err(BlobError::Digest { expected: *digest, actual });
    }
    Ok(())
}

/// Reads the small blob `digest` of exactly `size` bytes into memory.
pub(crate) fn read_verified(reader: &mut dyn Read, digest: &Digest, size: u64) -> Result<Vec<u8>, BlobError> {
    let mut bytes = Vec::new();
    copy_verified(reader, &mut bytes, digest, size).map(|()| bytes)
}

fn copy(reader: &mut impl Read, writer: &mut (impl Write + ?Sized)) -> io::Result<u64> {
    let mut buffer = vec![0; 128 * 1024];
    let mut total = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(count) => {
                writer.write_all(&buffer[..count])?;
                total += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], digest: Digest, size: u64) -> Result<Vec<u8>, BlobError> {
        let mut out = Vec::new();
        copy_verified(&mut &bytes[..], &mut out, &digest, size).map(|()| out)
    }

    #[test]
    fn the_exact_bytes_pass() {
        assert_eq!(check(b"hello", Digest::of(b"hello"), 5).unwrap(), b"hello");
        assert_eq!(check(b"", Digest::of(b""), 0).unwrap(), b"");
    }

    #[test]
    fn one_byte_less_or_more_is_refused() {
        for size in [4, 6] {
            let error = check(b"hello", Digest::of(b"hello"), size).unwrap_err();
            assert!(matches!(error, BlobError::Size { .. }), "{error}");
        }
    }

    #[test]
    fn a_flipped_byte_is_refused() {
        let error = check(b"hellp", Digest::of(b"hello"), 5).unwrap_err();
        assert!(matches!(error, BlobError::Digest { .. }), "{error}");
    }

    #[test]
    fn an_endless_blob_is_cut_off() {
        let error = copy_verified(&mut io::repeat(0), &mut io::sink(), &Digest::of(b""), 10).unwrap_err();
        assert!(matches!(error, BlobError::Size { actual: 11, .. }), "{error}");
    }
}

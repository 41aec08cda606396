//! A large stream is hashed beside the thread that reads and writes it, so that neither waits for the other.

use std::io::{self, Read, Write};

use attune_schemas::Digest;
use sha2::{Digest as _, Sha256};

use super::hashing::{BlobError, check};
use crate::workers::use_beside;

/// As [`super::copy_verified`], with a second thread that hashes.
pub(super) fn copy_verified_beside(
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    digest: &Digest,
    size: u64,
) -> Result<(), BlobError> {
    let mut reader = reader.take(size.saturating_add(1));
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    let received = |buffer: &mut [u8]| -> io::Result<usize> {
        let count = fill(&mut reader, buffer)?;
        writer.write_all(&buffer[..count])?;
        bytes += count as u64;
        Ok(count)
    };
    let hashed = |piece: &[u8]| {
        hasher.update(piece);
        Ok(())
    };
    use_beside(received, hashed).map_err(|source| BlobError::Io { digest: *digest, source })?;
    check((digest, size), (Digest::from_bytes(hasher.finalize().into()), bytes))
}

/// Reads until `buffer` is full, or nothing more comes.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workers::PIECE_BYTES;

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at ^ (at >> 9)).to_le_bytes()[0]).collect()
    }

    /// Gives few bytes at a time, and is interrupted before each of them.
    struct Dribbling<'a> {
        bytes: &'a [u8],
        interrupted: bool,
    }

    impl Read for Dribbling<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.interrupted = !self.interrupted;
            if self.interrupted {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = buffer.len().min(10_007);
            self.bytes.read(&mut buffer[..count])
        }
    }

    #[test]
    fn the_exact_bytes_pass_in_order() {
        for length in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, 2 * PIECE_BYTES, 13 * PIECE_BYTES + 1] {
            let bytes = content(length);
            let mut written = Vec::new();
            let mut reader = Dribbling { bytes: &bytes, interrupted: false };
            copy_verified_beside(&mut reader, &mut written, &Digest::of(&bytes), length as u64).unwrap();
            assert!(written == bytes, "{length} bytes");
        }
    }

    #[test]
    fn other_bytes_and_other_sizes_are_refused() {
        for length in [1, PIECE_BYTES, 5 * PIECE_BYTES] {
            let bytes = content(length);
            let copy = |bytes: &[u8], digest, size: usize| {
                copy_verified_beside(&mut &*bytes, &mut io::sink(), &digest, size as u64).unwrap_err()
            };
            for position in [0, length / 2, length - 1] {
                let mut flipped = bytes.clone();
                flipped[position] ^= 1;
                let error = copy(&flipped, Digest::of(&bytes), length);
                assert!(matches!(error, BlobError::Digest { .. }), "{error}");
            }
            for size in [length - 1, length + 1] {
                let error = copy(&bytes, Digest::of(&bytes), size);
                assert!(matches!(error, BlobError::Size { .. }), "{error}");
            }
        }
    }

    #[test]
    fn an_endless_blob_is_cut_off() {
        let size = 3 * PIECE_BYTES as u64;
        let digest = Digest::of(b"");
        let error = copy_verified_beside(&mut io::repeat(0), &mut io::sink(), &digest, size).unwrap_err();
        assert!(matches!(error, BlobError::Size { actual, .. } if actual == size + 1), "{error}");
    }

    #[test]
    fn a_failed_read_or_write_ends_both_threads() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let bytes = content(9 * PIECE_BYTES);
        let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
        let kind = |error| match error {
            BlobError::Io { source, .. } => source.kind(),
            other => panic!("{other}"),
        };
        let error = copy_verified_beside(&mut &*bytes, &mut Broken, &digest, size).unwrap_err();
        assert_eq!(kind(error), io::ErrorKind::StorageFull);
        let mut breaking = bytes[..7 * PIECE_BYTES].chain(Broken);
        let error = copy_verified_beside(&mut breaking, &mut io::sink(), &digest, size).unwrap_err();
        assert_eq!(kind(error), io::ErrorKind::ConnectionReset);
    }
}

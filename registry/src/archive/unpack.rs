//! Unpacks a pack archive into a new directory.

use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use attune_schemas::environment_lock::Footprint;
use attune_schemas::{Digest, EntryPath};
use sha2::{Digest as _, Sha256};

use super::MAX_WINDOW_LOG;
use super::entries::{EntryKind, TarEntry, TarLimits, TarStream};
use super::error::ArchiveError;
use crate::workers::use_beside;

/// The most that a pack archive may unpack to, even if its release states more.
pub const PACK_LIMITS: TarLimits =
    TarLimits { max_entries: 100_000, max_bytes: 16 << 30, max_name_bytes: 16 << 20 };

/// The largest buffer between an archive and a file, in bytes; zstd gives no more at a time.
const MAX_BUFFER_BYTES: usize = 128 * 1024;

/// The smallest file that is worth a thread which writes it while the archive is read on, in bytes.
const MIN_BESIDE_BYTES: u64 = 1 << 20;

/// Unpacks the pack archive in `reader` into `destination`, which must not exist.
///
/// Files become read-only. What is unpacked must be exactly `expected`. When this fails, the caller
/// removes `destination`. Returns every file with the digest of what was written.
pub fn unpack_pack(
    reader: impl Read,
    destination: &Path,
    expected: &Footprint,
) -> Result<Vec<(EntryPath, Digest)>, ArchiveError> {
    fs_err::create_dir(destination)?;
    let mut files = Vec::new();
    read_pack(reader, expected, |entry, content| {
        let Some(file) = create(entry, destination)? else { return Ok(()) };
        let mut hashing = HashingWrite { file, hasher: Sha256::new() };
        copy(content, &mut hashing, entry.size)?;
        files.push((entry.path.clone(), Digest::from_bytes(hashing.hasher.finalize().into())));
        Ok(())
    })?;
    Ok(files)
}

/// Unpacks as [`unpack_pack`] does, for a caller to whom the digest of the archive is enough: its files are not hashed.
///
/// # Errors
/// Those of [`unpack_pack`].
pub fn extract_pack(reader: impl Read, destination: &Path, expected: &Footprint) -> Result<(), ArchiveError> {
    fs_err::create_dir(destination)?;
    read_pack(reader, expected, |entry, content| match create(entry, destination)? {
        Some(file) if entry.size >= MIN_BESIDE_BYTES => copy_beside(content, file),
        Some(mut file) => copy(content, &mut file, entry.size),
        None => Ok(()),
    })
}

/// Reads the pack archive in `reader` as [`unpack_pack`] does, and writes nothing.
///
/// # Errors
/// No host could unpack it.
pub fn check_pack(reader: impl Read, expected: &Footprint) -> Result<(), ArchiveError> {
    read_pack(reader, expected, |entry, content| copy(content, &mut io::sink(), entry.size))
}

fn read_pack(
    reader: impl Read,
    expected: &Footprint,
    mut take: impl FnMut(&TarEntry, &mut dyn Read) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let mut decoder = zstd::Decoder::new(reader).map_err(ArchiveError::of_read)?;
    decoder.window_log_max(MAX_WINDOW_LOG)?;
    let limits = TarLimits {
        max_entries: PACK_LIMITS.max_entries,
        max_bytes: PACK_LIMITS.max_bytes.min(expected.bytes),
        max_name_bytes: PACK_LIMITS.max_name_bytes,
    };
    let mut found = Footprint::default();
    found.add_directory();

    let mut stream = TarStream::new(&mut decoder, limits);
    while let Some(entry) = stream.next_entry()? {
        take(&entry, &mut stream)?;
        match entry.kind {
            EntryKind::Directory => found.add_directory(),
            EntryKind::File { .. } => found.add_file(entry.size),
        }
    }
    stream.finish()?;
    compare(&found, expected)
}

/// Makes an entry; returns the file, empty, if it is one.
fn create(entry: &TarEntry, destination: &Path) -> Result<Option<fs_err::File>, ArchiveError> {
    let path = entry.path.below(destination);
    match entry.kind {
        EntryKind::Directory => {
            fs_err::create_dir(&path)?;
            Ok(None)
        }
        EntryKind::File { executable } => {
            let mode = if executable { 0o555 } else { 0o444 };
            let mut options = fs_err::OpenOptions::new();
            options.write(true).create_new(true).options_mut().mode(mode);
            Ok(Some(options.open(&path)?))
        }
    }
}

/// Hashes what is written to a file.
struct HashingWrite {
    file: fs_err::File,
    hasher: Sha256,
}

impl Write for HashingWrite {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Copies a file's content, of `size` bytes; a failed read is damage, a failed write is not.
fn copy(content: &mut dyn Read, file: &mut impl Write, size: u64) -> Result<(), ArchiveError> {
    let buffer = usize::try_from(size).unwrap_or(MAX_BUFFER_BYTES).clamp(1, MAX_BUFFER_BYTES);
    let mut buffer = vec![0; buffer];
    loop {
        let count = content.read(&mut buffer).map_err(ArchiveError::of_read)?;
        if count == 0 {
            return Ok(());
        }
        file.write_all(&buffer[..count])?;
    }
}

/// As [`copy`], with a second thread that writes.
fn copy_beside(content: &mut dyn Read, mut file: fs_err::File) -> Result<(), ArchiveError> {
    let read = |buffer: &mut [u8]| -> Result<usize, ArchiveError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match content.read(&mut buffer[filled..]).map_err(ArchiveError::of_read)? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    };
    use_beside(read, |piece| Ok(file.write_all(piece)?))
}

fn compare(found: &Footprint, expected: &Footprint) -> Result<(), ArchiveError> {
    let counts = [
        ("files", found.files, expected.files),
        ("directories", found.directories, expected.directories),
        ("bytes", found.bytes, expected.bytes),
        ("bytes of disk", found.disk_bytes, expected.disk_bytes),
    ];
    for (what, actual, expected) in counts {
        if actual != expected {
            return Err(ArchiveError::Footprint { what, expected, actual });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;

    use super::super::write::{SourceFile, write_pack};
    use super::*;

    fn pack(files: &[(&str, &'static str, bool)]) -> (Vec<u8>, Footprint) {
        let files: BTreeMap<EntryPath, SourceFile<'_>> = files
            .iter()
            .map(|&(path, content, executable)| {
                let open = Box::new(move || Ok(Box::new(content.as_bytes()) as Box<dyn Read>));
                (path.parse().unwrap(), SourceFile { executable, size: content.len() as u64, open })
            })
            .collect();
        let mut bytes = Vec::new();
        let archive = write_pack(files, &mut bytes).unwrap();
        (bytes, archive.unpacked)
    }

    #[test]
    fn a_pack_round_trips() {
        let (bytes, footprint) =
            pack(&[("pack.yaml", "ref: demo", false), ("actions/run.sh", "#!/bin/sh", true)]);
        let directory = tempfile::tempdir().unwrap();
        let destination = directory.path().join("demo");
        let files = unpack_pack(&bytes[..], &destination, &footprint).unwrap();
        assert_eq!(files[1], ("pack.yaml".parse().unwrap(), Digest::of(b"ref: demo")));
        assert_eq!(fs_err::read_to_string(destination.join("pack.yaml")).unwrap(), "ref: demo");
        let mode = fs_err::metadata(destination.join("actions/run.sh")).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111 & mode);
        assert_eq!(footprint.files, 2);
        assert_eq!(footprint.directories, 2);
    }

    #[test]
    fn extracting_leaves_what_unpacking_leaves() {
        let large: &'static str = Box::leak("0123456789".repeat(200_000).into());
        let (bytes, mut footprint) =
            pack(&[("a/run.sh", "x", true), ("empty", "", false), ("large", large, false)]);
        let directory = tempfile::tempdir().unwrap();
        let [unpacked, extracted, refused] =
            ["unpacked", "extracted", "refused"].map(|name| directory.path().join(name));
        for (path, digest) in unpack_pack(&bytes[..], &unpacked, &footprint).unwrap() {
            assert_eq!(Digest::of(&fs_err::read(path.below(&unpacked)).unwrap()), digest);
        }
        extract_pack(&bytes[..], &extracted, &footprint).unwrap();
        for path in ["a/run.sh", "empty", "large"] {
            let [one, other] = [&unpacked, &extracted].map(|place| place.join(path));
            assert_eq!(fs_err::read(&one).unwrap(), fs_err::read(&other).unwrap());
            let mode = |path| fs_err::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode(one), mode(other));
        }
        footprint.files += 1;
        let error = extract_pack(&bytes[..], &refused, &footprint).unwrap_err();
        assert!(matches!(error, ArchiveError::Footprint { .. }), "{error}");
    }

    #[test]
    fn long_paths_round_trip() {
        let long: &'static str = Box::leak(format!("{}/{}.py", "d".repeat(120), "f".repeat(120)).into());
        let (bytes, footprint) = pack(&[(long, "x", false)]);
        let directory = tempfile::tempdir().unwrap();
        unpack_pack(&bytes[..], &directory.path().join("p"), &footprint).unwrap();
    }

    #[test]
    fn equal_files_give_equal_bytes() {
        let files = [("b", "2", false), ("a/c", "1", true)];
        let reversed = [("a/c", "1", true), ("b", "2", false)];
        assert_eq!(pack(&files), pack(&reversed));
    }

    #[test]
    fn a_flipped_byte_or_a_cut_is_refused() {
        let (bytes, footprint) = pack(&[("a", "hello hello hello", false)]);
        let directory = tempfile::tempdir().unwrap();
        for position in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[position] ^= 0x10;
            let destination = directory.path().join(position.to_string());
            // A few bits of a zstd frame carry nothing; the checksum vouches for the output.
            if unpack_pack(&damaged[..], &destination, &footprint).is_ok() {
                let content = fs_err::read(destination.join("a")).unwrap();
                assert_eq!(content, b"hello hello hello", "byte {position}");
            }
        }
        let cut = unpack_pack(&bytes[..bytes.len() - 3], &directory.path().join("cut"), &footprint);
        assert!(cut.is_err());
    }

    #[test]
    fn a_bomb_is_refused_before_it_unpacks() {
        let content: &'static str = Box::leak("0".repeat(1 << 20).into());
        let (bytes, mut footprint) = pack(&[("a", content, false)]);
        footprint.bytes = 10;
        let directory = tempfile::tempdir().unwrap();
        let error = unpack_pack(&bytes[..], &directory.path().join("p"), &footprint).unwrap_err();
        assert!(matches!(error, ArchiveError::TooLarge { limit: 10, .. }), "{error}");
    }
}

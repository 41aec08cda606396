//! What a wheel takes unpacked, read from its central directory; hostile wheels are refused here.
//!
//! The first of two gates: it keeps a wheel that no host could unpack safely out of every registry.
//! The installer judges again what it unpacks. No entry's contents are read.

use std::collections::BTreeSet;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use attune_schemas::EntryPath;
use attune_schemas::environment_lock::Footprint;
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

/// The most bytes of a wheel unpacked.
pub const MAX_UNPACKED_BYTES: u64 = 64 << 30;
/// The most entries of a wheel.
pub const MAX_ENTRIES: usize = 1_000_000;
/// The highest ratio of unpacked to packed bytes of an entry above [`RATIO_FLOOR_BYTES`].
pub const MAX_RATIO: u64 = 1000;
/// Entries up to this many bytes may have any ratio.
pub const RATIO_FLOOR_BYTES: u64 = 1 << 20;

/// The signature of a central directory record (APPNOTE 4.3.12).
const RECORD_SIGNATURE: [u8; 4] = *b"PK\x01\x02";
/// The fixed part of a central directory record, in bytes.
const RECORD_BYTES: usize = 46;

/// The file type bits of a Unix mode.
const TYPE_MASK: u32 = 0o170_000;
/// The allowed types: not recorded, file, directory.
const TYPES: [u32; 3] = [0, 0o100_000, 0o040_000];

/// Why a wheel is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WheelError {
    /// Not a zip archive, or a broken one.
    #[error("it is not a sound zip archive")]
    Zip(#[from] ZipError),
    /// An entry's name would leave the directory, or is no name at all.
    #[error("it has an entry that cannot be unpacked")]
    Name(#[from] attune_schemas::entry_path::EntryPathError),
    /// An entry is neither file nor directory.
    #[error("entry `{0}` is a link or a special file")]
    Special(EntryPath),
    /// An entry is encrypted.
    #[error("entry `{0}` is encrypted")]
    Encrypted(EntryPath),
    /// Two entries have one name.
    #[error("it has two entries of the same name")]
    Duplicate,
    /// Two names differ by case alone; installers refuse such a wheel, as some file systems cannot hold it.
    #[error("`{0}` differs from another entry by case alone")]
    Collision(EntryPath),
    /// A name is used for a file and for a directory.
    #[error("`{0}` is both a file and a directory")]
    Conflict(String),
    /// More entries than any wheel has.
    #[error("it has {0} entries, more than {MAX_ENTRIES}")]
    TooManyEntries(usize),
    /// Unpacked it is larger than any wheel.
    #[error("unpacked it takes more than {MAX_UNPACKED_BYTES} bytes")]
    TooLarge,
    /// An entry unpacks to suspiciously many bytes.
    #[error("entry `{name}` unpacks {packed} bytes to {unpacked}")]
    Ratio {
        /// The entry.
        name: EntryPath,
        /// Its packed size in bytes.
        packed: u64,
        /// Its unpacked size in bytes.
        unpacked: u64,
    },
    /// No `.dist-info/WHEEL`.
    #[error("it is a zip archive but not a wheel: it has no `.dist-info/WHEEL`")]
    NotAWheel,
    /// It is not the distribution that its file name says.
    #[error("it is not what its name says")]
    Identity(#[from] attune_registry::wheel::IdentityError),
    /// A file of its metadata is not there, or larger than any.
    #[error("its `{path}` {reason}")]
    Metadata {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A line of its entry points cannot be read.
    #[error("`{0}` is no entry point")]
    EntryPoint(String),
    /// It brings data of a kind that no installer knows.
    #[error("`{0}` is data of no known kind, or of another package")]
    Data(String),
    /// It brings a file that belongs to the environment's interpreter.
    #[error("`{0}` would replace the interpreter of every environment that it is in")]
    Interpreter(String),
    /// RECORD does not tell the truth.
    #[error("its RECORD is wrong: {reason}")]
    Record {
        /// What is wrong with it.
        reason: String,
    },
    /// A disk failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads what the wheel at `path` takes unpacked.
pub fn footprint_of_wheel(path: &Path) -> Result<Footprint, WheelError> {
    footprint(BufReader::new(fs_err::File::open(path)?))
}

fn footprint(reader: impl Read + Seek) -> Result<Footprint, WheelError> {
    let mut archive = ZipArchive::new(reader)?;
    let entries = archive.len();
    if entries > MAX_ENTRIES {
        return Err(WheelError::TooManyEntries(entries));
    }
    let (mut tree, mut is_wheel) = (Tree::default(), false);
    for index in 0..entries {
        let entry = archive.by_index_raw(index)?;
        let name = judge_entry(&entry)?;
        is_wheel |= is_wheel_metadata(&name);
        tree.add(name, &entry)?;
    }
    if !is_wheel {
        return Err(WheelError::NotAWheel);
    }
    // The archive reader keeps only the last of several entries with one name.
    let start = archive.central_directory_start();
    if count_records(archive.into_inner(), start)? != entries {
        return Err(WheelError::Duplicate);
    }
    tree.footprint()
}

fn is_wheel_metadata(name: &EntryPath) -> bool {
    name.as_str().split_once('/').is_some_and(|(top, file)| top.ends_with(".dist-info") && file == "WHEEL")
}

fn judge_entry<R: Read>(entry: &ZipFile<'_, R>) -> Result<EntryPath, WheelError> {
    let name: EntryPath = entry.name().strip_suffix('/').unwrap_or(entry.name()).parse()?;
    let kind = entry.unix_mode().unwrap_or_default() & TYPE_MASK;
    if entry.is_symlink() || !TYPES.contains(&kind) {
        return Err(WheelError::Special(name));
    }
    if entry.encrypted() {
        return Err(WheelError::Encrypted(name));
    }
    let (packed, unpacked) = (entry.compressed_size(), entry.size());
    if unpacked > RATIO_FLOOR_BYTES && unpacked / packed.max(1) > MAX_RATIO {
        return Err(WheelError::Ratio { name, packed, unpacked });
    }
    Ok(name)
}

/// The files and directories seen so far.
#[derive(Default)]
struct Tree {
    files: BTreeSet<EntryPath>,
    directories: BTreeSet<EntryPath>,
    footprint: Footprint,
}

impl Tree {
    fn add<R: Read>(&mut self, name: EntryPath, entry: &ZipFile<'_, R>) -> Result<(), WheelError> {
        self.add_parents(&name);
        if entry.is_dir() {
            self.directories.insert(name);
            return Ok(());
        }
        if !self.files.insert(name) {
            return Err(WheelError::Duplicate);
        }
        self.footprint.add_file(entry.size());
        if self.footprint.bytes > MAX_UNPACKED_BYTES { Err(WheelError::TooLarge) } else { Ok(()) }
    }

    fn add_parents(&mut self, name: &EntryPath) {
        let mut parent = name.parent();
        while let Some(directory) = parent {
            parent = directory.parent();
            if !self.directories.insert(directory) {
                break;
            }
        }
    }

    fn footprint(mut self) -> Result<Footprint, WheelError> {
        if let Some(name) = self.files.intersection(&self.directories).next() {
            return Err(WheelError::Conflict(name.to_string()));
        }
        let mut folded = BTreeSet::new();
        for name in self.files.iter().chain(&self.directories) {
            if !folded.insert(name.case_folded()) {
                return Err(WheelError::Collision(name.clone()));
            }
        }
        for _ in &self.directories {
            self.footprint.add_directory();
        }
        Ok(self.footprint)
    }
}

/// The number of central directory records from `start` on.
fn count_records(mut reader: impl Read + Seek, start: u64) -> Result<usize, WheelError> {
    reader.seek(SeekFrom::Start(start))?;
    let mut record = [0; RECORD_BYTES];
    let mut count = 0;
    while read_whole(&mut reader, &mut record)? && record.starts_with(&RECORD_SIGNATURE) {
        count += 1;
        let length = |at: usize| i64::from(u16::from_le_bytes([record[at], record[at + 1]]));
        // File name, extra field and comment follow.
        reader.seek_relative(length(28) + length(30) + length(32))?;
    }
    Ok(count)
}

/// Fills `buffer`; `false` where the end comes first.
fn read_whole(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::vendor::testing::{wheel_bytes, zip_bytes};

    fn judge(bytes: Vec<u8>) -> Result<Footprint, WheelError> {
        footprint(Cursor::new(bytes))
    }

    /// Replaces `from` by the equally long `to`, everywhere: local headers and central directory.
    fn renamed(mut bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
        assert_eq!(from.len(), to.len());
        for at in 0..bytes.len() - from.len() {
            if bytes[at..].starts_with(from.as_bytes()) {
                bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
            }
        }
        bytes
    }

    #[test]
    fn files_and_directories_are_counted() {
        let files: [(&str, &[u8]); 4] = [
            ("foo/__init__.py", b""),
            ("foo/a/b/c.py", b"x = 1\n"),
            ("foo/a/", b""),
            ("top.py", &[b'x'; 5000]),
        ];
        let footprint = judge(wheel_bytes("foo", "1.0", &files)).unwrap();
        // Three files of metadata; directories foo, foo/a, foo/a/b and the dist-info.
        assert_eq!((footprint.files, footprint.directories), (6, 4));
        assert!(footprint.bytes > 5006);
        assert_eq!(footprint.disk_bytes % 4096, 0);
    }

    #[test]
    fn a_file_that_is_no_zip_is_refused() {
        assert!(matches!(judge(b"<html>".to_vec()), Err(WheelError::Zip(_))));
        let mut cut = wheel_bytes("foo", "1.0", &[]);
        cut.truncate(cut.len() - 30);
        assert!(matches!(judge(cut), Err(WheelError::Zip(_))));
    }

    #[test]
    fn a_zip_that_is_no_wheel_is_refused() {
        assert!(matches!(judge(zip_bytes(&[("a.py", b"")])), Err(WheelError::NotAWheel)));
    }

    #[test]
    fn names_that_leave_the_directory_are_refused() {
        for hostile in ["../evil", "/etc/pwd", "a/../../", "a\\..\\b.", "./a.pyyy"] {
            let bytes = renamed(
                wheel_bytes("foo", "1.0", &[("ABCDEFGH", b"x")]),
                "ABCDEFGH",
                &format!("{hostile:_<8}"),
            );
            assert!(matches!(judge(bytes), Err(WheelError::Name(_))), "{hostile}");
        }
    }

    #[test]
    fn a_link_is_refused() {
        let mut writer = ZipWriter::new_append(Cursor::new(wheel_bytes("foo", "1.0", &[]))).unwrap();
        writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        assert!(matches!(judge(bytes), Err(WheelError::Special(_))));
    }

    #[test]
    fn two_entries_of_one_name_are_refused() {
        let bytes = wheel_bytes("foo", "1.0", &[("one.py", b"1"), ("two.py", b"2")]);
        assert!(matches!(judge(renamed(bytes, "two.py", "one.py")), Err(WheelError::Duplicate)));
    }

    #[test]
    fn a_file_that_is_also_a_directory_is_refused() {
        let bytes = wheel_bytes("foo", "1.0", &[("a", b"1"), ("a/b", b"2")]);
        assert!(matches!(judge(bytes), Err(WheelError::Conflict(name)) if name == "a"));
    }

    #[test]
    fn names_that_differ_by_case_alone_are_refused() {
        let bytes = wheel_bytes("foo", "1.0", &[("a/one.py", b"1"), ("A/two.py", b"2")]);
        assert!(matches!(judge(bytes), Err(WheelError::Collision(name)) if name.as_str() == "a"));
    }

    #[test]
    fn an_encrypted_entry_is_refused() {
        let mut bytes = wheel_bytes("foo", "1.0", &[("secret", b"1")]);
        let at = bytes.windows(4).position(|window| window == RECORD_SIGNATURE).unwrap();
        bytes[at + 8] |= 1;
        assert!(matches!(judge(bytes), Err(WheelError::Encrypted(_))));
    }

    #[test]
    fn a_part_of_several_is_refused() {
        let mut bytes = wheel_bytes("foo", "1.0", &[]);
        let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
        // The number of this disk; the directory is said to be on the first.
        bytes[end + 4] = 1;
        assert!(matches!(judge(bytes), Err(WheelError::Zip(_))));
    }

    #[test]
    fn a_size_bomb_is_refused() {
        let zeros = vec![0; 4 << 20];
        let error = judge(wheel_bytes("foo", "1.0", &[("bomb", &zeros)])).unwrap_err();
        assert!(matches!(error, WheelError::Ratio { .. }), "{error}");
        judge(wheel_bytes("foo", "1.0", &[("fine", &zeros[..1 << 20])])).unwrap();
    }

    #[test]
    fn a_declared_total_beyond_any_wheel_is_refused() {
        let mut tree = Tree::default();
        tree.footprint.bytes = MAX_UNPACKED_BYTES;
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("x", SimpleFileOptions::default()).unwrap();
        writer.write_all(b"1").unwrap();
        let mut archive = ZipArchive::new(writer.finish().unwrap()).unwrap();
        let entry = archive.by_index_raw(0).unwrap();
        assert!(matches!(tree.add("x".parse().unwrap(), &entry), Err(WheelError::TooLarge)));
    }

    proptest! {
        #[test]
        fn a_damaged_wheel_never_panics(at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
            let mut bytes = wheel_bytes("foo", "1.0", &[("foo/a.py", b"x = 1\n")]);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = judge(bytes.clone());
            bytes.truncate(cut.index(bytes.len()));
            prop_assert!(judge(bytes).is_err());
        }
    }
}

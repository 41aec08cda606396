//! The one judge of wheels: their entries, as the central directory lists them, before a byte is inflated.
//!
//! Source: PEP 427 for what a wheel is, the zip specification (APPNOTE 6.3.10) for what it may hold.

use std::collections::HashSet;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use attune_schemas::EntryPath;
use attune_schemas::environment_lock::Footprint;
use zip::read::ZipFile;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::error::WheelError;
use crate::archive::count_records;

/// The most bytes of a wheel unpacked.
pub(super) const MAX_UNPACKED_BYTES: u64 = 64 << 30;
/// The most entries of a wheel.
pub(super) const MAX_ENTRIES: usize = 1_000_000;
/// The highest ratio of unpacked to packed bytes of an entry above [`RATIO_FLOOR_BYTES`].
const MAX_RATIO: u64 = 1000;
/// Entries up to this many bytes may have any ratio.
const RATIO_FLOOR_BYTES: u64 = 1 << 20;

/// The part of a Unix mode that tells files, directories, links and devices apart.
const TYPE_MASK: u32 = 0o170_000;

/// The tree that a wheel unpacks to. It exists only if every entry may be unpacked.
#[derive(Debug, Default)]
pub struct WheelTree {
    /// Each after the one that it is in.
    pub directories: Vec<EntryPath>,
    /// In the order in which they lie in the archive, so that a spooled wheel is only read forward.
    pub files: Vec<WheelFile>,
    /// Its size unpacked.
    pub footprint: Footprint,
    /// The directories again, to look them up.
    known: HashSet<EntryPath>,
    /// Every path by its case-folded form.
    taken: HashSet<String>,
}

/// A file of a wheel, as its central directory describes it.
#[derive(Debug)]
pub struct WheelFile {
    /// Its path.
    pub path: EntryPath,
    /// Its length in bytes.
    pub size: u64,
    /// Its length in the archive, in bytes.
    pub compressed_size: u64,
    /// Its checksum.
    pub crc32: u32,
    /// How it is compressed. Other ways than DEFLATE and none are refused when it is read.
    pub compression: CompressionMethod,
    /// Whether its owner may execute it.
    pub executable: bool,
    /// Where its local header begins in the archive.
    pub header_start: u64,
    /// Where its content begins in the archive.
    pub data_start: u64,
}

impl WheelFile {
    /// Where its content ends in the archive.
    pub const fn data_end(&self) -> u64 {
        self.data_start.saturating_add(self.compressed_size)
    }
}

/// Judges the wheel at `path` as its publisher does: besides its entries, that none is listed twice, of which
/// readers of zip archives see the last alone.
pub fn judge_wheel(path: &Path) -> Result<Footprint, WheelError> {
    judge_published(BufReader::new(fs_err::File::open(path)?))
}

fn judge_published(reader: impl Read + Seek) -> Result<Footprint, WheelError> {
    let mut archive = ZipArchive::new(reader)?;
    let tree = WheelTree::judge(&mut archive)?;
    if !tree.files.iter().any(|file| is_wheel_metadata(&file.path)) {
        return Err(WheelError::NotAWheel);
    }
    let (entries, start) = (archive.len(), archive.central_directory_start());
    if count_records(archive.into_inner(), start)? != entries {
        return Err(WheelError::Collision { path: "of the same name".to_owned() });
    }
    Ok(tree.footprint)
}

fn is_wheel_metadata(path: &EntryPath) -> bool {
    path.as_str().split_once('/').is_some_and(|(top, file)| top.ends_with(".dist-info") && file == "WHEEL")
}

impl WheelTree {
    /// Judges every entry of `archive`; nothing is inflated.
    pub fn judge<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<Self, WheelError> {
        if archive.len() > MAX_ENTRIES {
            return Err(WheelError::TooManyEntries(archive.len()));
        }
        let mut tree = Self::default();
        for index in 0..archive.len() {
            tree.add(&archive.by_index_raw(index)?)?;
        }
        tree.files.sort_unstable_by_key(|file| file.header_start);
        Ok(tree)
    }

    /// Refuses a wheel that has other files than its release says.
    pub fn require(&self, expected: &Footprint) -> Result<(), WheelError> {
        let counts = [
            ("files", self.footprint.files, expected.files),
            ("bytes", self.footprint.bytes, expected.bytes),
        ];
        match counts.into_iter().find(|(_, actual, expected)| actual != expected) {
            Some((counted, actual, expected)) => Err(WheelError::Footprint { counted, expected, actual }),
            None => Ok(()),
        }
    }

    fn add<R: Read>(&mut self, entry: &ZipFile<'_, R>) -> Result<(), WheelError> {
        let name = entry.name();
        let refuse = |kind| WheelError::Entry { path: name.to_owned(), kind };
        if entry.encrypted() {
            return Err(refuse("encrypted"));
        }
        let mode = entry.unix_mode().unwrap_or(0);
        match mode & TYPE_MASK {
            _ if entry.is_symlink() => return Err(refuse("a symbolic link")),
            0 | 0o100_000 | 0o040_000 => {}
            _ => return Err(refuse("a device or another special file")),
        }
        let path: EntryPath = name.strip_suffix('/').unwrap_or(name).parse()?;
        if name.ends_with('/') {
            return if entry.size() == 0 {
                self.add_directory(&path)
            } else {
                Err(refuse("a directory with content"))
            };
        }
        let (packed, unpacked) = (entry.compressed_size(), entry.size());
        if unpacked > RATIO_FLOOR_BYTES && unpacked / packed.max(1) > MAX_RATIO {
            return Err(WheelError::Ratio { name: path, packed, unpacked });
        }
        if let Some(parent) = path.parent() {
            self.add_directory(&parent)?;
        }
        self.claim(&path)?;
        self.footprint.add_file(unpacked);
        if self.footprint.bytes > MAX_UNPACKED_BYTES {
            return Err(WheelError::TooLarge);
        }
        self.files.push(WheelFile {
            path,
            size: unpacked,
            compressed_size: packed,
            crc32: entry.crc32(),
            compression: entry.compression(),
            executable: mode & 0o111 != 0,
            header_start: entry.header_start(),
            data_start: entry.data_start().ok_or(ZipError::InvalidArchive("a file has no content".into()))?,
        });
        Ok(())
    }

    fn add_directory(&mut self, path: &EntryPath) -> Result<(), WheelError> {
        if self.known.contains(path) {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.add_directory(&parent)?;
        }
        // A directory that differs from another by case alone is as much a collision as a file is.
        self.claim(path)?;
        self.footprint.add_directory();
        self.known.insert(path.clone());
        self.directories.push(path.clone());
        Ok(())
    }

    fn claim(&mut self, path: &EntryPath) -> Result<(), WheelError> {
        if self.taken.insert(path.case_folded()) {
            Ok(())
        } else {
            Err(WheelError::Collision { path: path.to_string() })
        }
    }
}

#[cfg(test)]
#[path = "wheel_tests.rs"]
mod tests;

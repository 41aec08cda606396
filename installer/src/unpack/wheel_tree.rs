//! What a wheel would unpack to, judged before anything is written.

use std::collections::HashSet;
use std::io::Read;

use attune_registry::blob::BlobReader;
use attune_schemas::EntryPath;
use attune_schemas::environment_lock::Footprint;
use zip::{CompressionMethod, ZipArchive};

use super::wheel::WheelError;

/// The part of a Unix mode that tells files, directories, links and devices apart.
const TYPE_MASK: u32 = 0o170_000;

/// What a wheel unpacks to.
#[derive(Default)]
pub(super) struct Tree {
    /// Each after the one that it is in.
    pub(super) directories: Vec<EntryPath>,
    /// In the order in which they lie in the archive, so that a spooled wheel is only read forward.
    pub(super) files: Vec<PlannedFile>,
    /// The directories again, to look them up.
    known: HashSet<EntryPath>,
    /// Every path by its case-folded form.
    taken: HashSet<String>,
}

/// A file of a wheel, as its central directory describes it.
pub(super) struct PlannedFile {
    pub(super) index: usize,
    offset: u64,
    pub(super) path: EntryPath,
    pub(super) size: u64,
    pub(super) compressed_size: u64,
    pub(super) crc32: u32,
    /// Compressed by DEFLATE; else stored, or in a way that is refused when it is read.
    pub(super) deflated: bool,
    pub(super) executable: bool,
}

impl Tree {
    /// Judges every entry of `archive`; nothing is written.
    pub(super) fn planned(
        archive: &mut ZipArchive<BlobReader>,
        expected: &Footprint,
    ) -> Result<Self, WheelError> {
        let mut tree = Self::default();
        let mut bytes: u64 = 0;
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(WheelError::Zip)?;
            bytes = bytes.saturating_add(entry.size());
            tree.add(&entry, index)?;
        }
        tree.files.sort_unstable_by_key(|file| file.offset);
        let counts = [("files", tree.files.len() as u64, expected.files), ("bytes", bytes, expected.bytes)];
        for (what, actual, expected) in counts {
            if actual != expected {
                return Err(WheelError::Footprint { what, expected, actual });
            }
        }
        Ok(tree)
    }

    fn add<R: Read>(&mut self, entry: &zip::read::ZipFile<'_, R>, index: usize) -> Result<(), WheelError> {
        let name = entry.name();
        let refuse = |kind| WheelError::Entry { path: name.to_owned(), kind };
        if entry.encrypted() {
            return Err(refuse("encrypted"));
        }
        let mode = entry.unix_mode().unwrap_or(0);
        match mode & TYPE_MASK {
            0 | 0o100_000 | 0o040_000 => {}
            0o120_000 => return Err(refuse("a symbolic link")),
            _ => return Err(refuse("a device or another special file")),
        }
        if name.ends_with('/') {
            if entry.size() != 0 {
                return Err(refuse("a directory with content"));
            }
            return self.add_directory(&name.trim_end_matches('/').parse()?);
        }
        let path: EntryPath = name.parse()?;
        if let Some(parent) = path.parent() {
            self.add_directory(&parent)?;
        }
        self.claim(&path)?;
        let executable = mode & 0o111 != 0;
        self.files.push(PlannedFile {
            index,
            offset: entry.header_start(),
            path,
            size: entry.size(),
            compressed_size: entry.compressed_size(),
            crc32: entry.crc32(),
            deflated: entry.compression() == CompressionMethod::Deflated,
            executable,
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

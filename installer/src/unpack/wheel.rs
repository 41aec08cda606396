//! Unzips a wheel into the store as if an enemy had made it.
//!
//! Source: PEP 427 for what a wheel is, the zip specification (APPNOTE 6.3.10) for what it may hold.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use attune_registry::blob::BlobReader;
use attune_schemas::EntryPath;
use attune_schemas::entry_path::EntryPathError;
use attune_schemas::environment_lock::Footprint;
use zip::ZipArchive;
use zip::result::ZipError;

/// The part of a Unix mode that tells files, directories, links and devices apart.
const TYPE_MASK: u32 = 0o170_000;

/// Why a wheel is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WheelError {
    /// It is no zip archive, or a damaged one.
    #[error("it is not a valid zip archive")]
    Zip(#[source] ZipError),
    /// An entry's path is not one that may be unpacked.
    #[error("it has a hostile entry")]
    Path(#[from] EntryPathError),
    /// An entry is a link, encrypted, or of another kind that no wheel has.
    #[error("entry `{path}` is {kind}")]
    Entry {
        /// The entry.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// Two entries have the same path, or paths that differ only by case.
    #[error("entry `{path}` collides with an earlier one")]
    Collision {
        /// The later entry.
        path: String,
    },
    /// It unpacks to something else than its release says.
    #[error("it holds {actual} {what}, its release says {expected}")]
    Footprint {
        /// What was counted.
        what: &'static str,
        /// What the release says.
        expected: u64,
        /// What was found.
        actual: u64,
    },
    /// Reading or writing failed.
    #[error("could not write its files")]
    Io(#[from] io::Error),
}

/// Unzips `wheel` into `destination`, which must not exist.
///
/// What is unpacked must be exactly `expected`. When this fails, the caller removes `destination`.
pub fn unpack_wheel(
    mut wheel: BlobReader,
    destination: &Path,
    expected: &Footprint,
) -> Result<(), WheelError> {
    let is_spooled = matches!(wheel, BlobReader::File(_));
    let release = wheel.release_switch();
    let mut archive = ZipArchive::new(wheel).map_err(WheelError::Zip)?;
    if archive.len() as u64 > expected.files + expected.directories {
        let actual = archive.len() as u64;
        return Err(WheelError::Footprint { what: "entries", expected: expected.files, actual });
    }
    fs_err::create_dir(destination)?;
    let mut tree = Tree::new(destination, expected);
    // In the order of the bytes, so that a spooled wheel is only read forward.
    let order = if is_spooled { entries_by_offset(&mut archive)? } else { (0..archive.len()).collect() };
    release.forward_only();
    for index in order {
        let mut entry = archive.by_index(index).map_err(WheelError::Zip)?;
        tree.write(&mut entry)?;
    }
    tree.finish()
}

/// The entries' indexes in the order in which they lie in the archive.
fn entries_by_offset(archive: &mut ZipArchive<BlobReader>) -> Result<Vec<usize>, WheelError> {
    let mut order = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(WheelError::Zip)?;
        order.push((entry.header_start(), index));
    }
    order.sort_unstable();
    Ok(order.into_iter().map(|(_, index)| index).collect())
}

/// The tree that a wheel is unpacked into.
struct Tree<'a> {
    destination: &'a Path,
    expected: &'a Footprint,
    found: Footprint,
    /// Directories that exist.
    directories: HashSet<EntryPath>,
    /// Every path by its case-folded form, and whether it is a file.
    taken: HashMap<String, bool>,
    buffer: Vec<u8>,
}

impl<'a> Tree<'a> {
    fn new(destination: &'a Path, expected: &'a Footprint) -> Self {
        let mut found = Footprint::default();
        found.add_directory();
        Self {
            destination,
            expected,
            found,
            directories: HashSet::new(),
            taken: HashMap::new(),
            buffer: vec![0; 64 * 1024],
        }
    }

    fn write<R: Read>(&mut self, entry: &mut zip::read::ZipFile<'_, R>) -> Result<(), WheelError> {
        let name = entry.name().to_owned();
        let refuse = |kind| WheelError::Entry { path: name.clone(), kind };
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
            let path: EntryPath = name.trim_end_matches('/').parse()?;
            return self.ensure_directory(&path);
        }
        let path: EntryPath = name.parse()?;
        if let Some(parent) = path.parent() {
            self.ensure_directory(&parent)?;
        }
        if self.taken.insert(path.case_folded(), true).is_some() {
            return Err(WheelError::Collision { path: name });
        }
        self.write_file(entry, &path, mode & 0o111 != 0)
    }

    fn write_file(
        &mut self,
        content: &mut impl Read,
        path: &EntryPath,
        executable: bool,
    ) -> Result<(), WheelError> {
        let mut options = fs_err::OpenOptions::new();
        let mode = if executable { 0o755 } else { 0o644 };
        options.write(true).create_new(true).options_mut().mode(mode);
        let mut file = options.open(path.below(self.destination))?;
        let mut size = 0;
        loop {
            let count = content.read(&mut self.buffer).map_err(|error| WheelError::Zip(error.into()))?;
            if count == 0 {
                break;
            }
            size += count as u64;
            if self.found.bytes + size > self.expected.bytes {
                let (expected, actual) = (self.expected.bytes, self.found.bytes + size);
                return Err(WheelError::Footprint { what: "bytes or more", expected, actual });
            }
            file.write_all(&self.buffer[..count])?;
        }
        self.found.add_file(size);
        Ok(())
    }

    fn ensure_directory(&mut self, path: &EntryPath) -> Result<(), WheelError> {
        if self.directories.contains(path) {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.ensure_directory(&parent)?;
        }
        // A directory that differs from another by case alone is as much a collision as a file is.
        if self.taken.insert(path.case_folded(), false).is_some() {
            return Err(WheelError::Collision { path: path.to_string() });
        }
        fs_err::create_dir(path.below(self.destination))?;
        self.found.add_directory();
        self.directories.insert(path.clone());
        Ok(())
    }

    fn finish(self) -> Result<(), WheelError> {
        let counts = [
            ("files", self.found.files, self.expected.files),
            ("bytes", self.found.bytes, self.expected.bytes),
        ];
        for (what, actual, expected) in counts {
            if actual != expected {
                return Err(WheelError::Footprint { what, expected, actual });
            }
        }
        Ok(())
    }
}

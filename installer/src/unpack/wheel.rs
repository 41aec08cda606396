//! Unzips a wheel into the store as if an enemy had made it: first everything that it lists is judged,
//! then its files are written, by several threads where there are many.
//!
//! Source: PEP 427 for what a wheel is, the zip specification (APPNOTE 6.3.10) for what it may hold.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

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
    /// It is not the distribution that its file name says.
    #[error("it is not what its name says: {reason}")]
    Identity {
        /// What differs.
        reason: String,
    },
    /// Reading or writing failed.
    #[error("could not write its files")]
    Io(#[from] io::Error),
}

/// A wheel with fewer files is written by one thread.
const MANY_FILES: usize = 256;
/// Files that a thread takes at a time.
const FILES_AT_A_TIME: usize = 16;

/// Unzips `wheel` into `destination`, which must not exist.
///
/// What is unpacked must be exactly `expected`. When this fails, the caller removes `destination`.
pub fn unpack_wheel(
    mut wheel: BlobReader,
    destination: &Path,
    expected: &Footprint,
) -> Result<(), WheelError> {
    let release = wheel.release_switch();
    let second = wheel.second();
    let mut archive = ZipArchive::new(wheel).map_err(WheelError::Zip)?;
    let tree = Tree::planned(&mut archive, expected)?;
    fs_err::create_dir(destination)?;
    for directory in &tree.directories {
        fs_err::create_dir(directory.below(destination))?;
    }
    release.forward_only();
    let next = AtomicUsize::new(0);
    match second.filter(|_| tree.files.len() >= MANY_FILES) {
        None => write_files(&mut archive, &tree.files, &next, destination),
        Some(second) => thread::scope(|scope| {
            let other = scope.spawn(|| {
                let mut archive = ZipArchive::new(second).map_err(WheelError::Zip)?;
                write_files(&mut archive, &tree.files, &next, destination)
            });
            let own = write_files(&mut archive, &tree.files, &next, destination);
            own.and(other.join().expect("writing files does not panic"))
        }),
    }
}

/// What a wheel unpacks to.
#[derive(Default)]
struct Tree {
    /// Each after the one that it is in.
    directories: Vec<EntryPath>,
    /// In the order in which they lie in the archive, so that a spooled wheel is only read forward.
    files: Vec<PlannedFile>,
    /// The directories again, to look them up.
    known: HashSet<EntryPath>,
    /// Every path by its case-folded form.
    taken: HashSet<String>,
}

struct PlannedFile {
    index: usize,
    offset: u64,
    path: EntryPath,
    size: u64,
    executable: bool,
}

impl Tree {
    /// Judges every entry of `archive`; nothing is written.
    fn planned(archive: &mut ZipArchive<BlobReader>, expected: &Footprint) -> Result<Self, WheelError> {
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

/// Writes those of `files` that no other thread has taken yet.
fn write_files(
    archive: &mut ZipArchive<BlobReader>,
    files: &[PlannedFile],
    next: &AtomicUsize,
    destination: &Path,
) -> Result<(), WheelError> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let start = next.fetch_add(FILES_AT_A_TIME, Ordering::Relaxed);
        let Some(rest) = files.get(start..).filter(|rest| !rest.is_empty()) else { return Ok(()) };
        for file in rest.iter().take(FILES_AT_A_TIME) {
            let mut content = archive.by_index(file.index).map_err(WheelError::Zip)?;
            write_file(&mut content, file, destination, &mut buffer).inspect_err(|_| {
                // The others need not go on.
                next.store(files.len(), Ordering::Relaxed);
            })?;
        }
    }
}

fn write_file(
    content: &mut impl Read,
    planned: &PlannedFile,
    destination: &Path,
    buffer: &mut [u8],
) -> Result<(), WheelError> {
    let mut options = fs_err::OpenOptions::new();
    let mode = if planned.executable { 0o755 } else { 0o644 };
    options.write(true).create_new(true).options_mut().mode(mode);
    let mut file = options.open(planned.path.below(destination))?;
    let mut size = 0;
    loop {
        let count = content.read(buffer).map_err(|error| WheelError::Zip(error.into()))?;
        size += count as u64;
        if size > planned.size || (count == 0 && size < planned.size) {
            return Err(WheelError::Footprint {
                what: "bytes in a file",
                expected: planned.size,
                actual: size,
            });
        }
        if count == 0 {
            return Ok(());
        }
        file.write_all(&buffer[..count])?;
    }
}

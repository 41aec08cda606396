//! Unzips a wheel into the store as if an enemy had made it: first everything that it lists is judged
//! (`attune_registry::release_check`), then its files are written, by several threads if there are many.

use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use attune_registry::blob::BlobReader;
use attune_registry::release_check::{WheelError, WheelFile, WheelTree};
use attune_registry::workers::start;
use attune_schemas::environment_lock::Footprint;
use zip::ZipArchive;
use zip::result::ZipError;

use super::whole_file::WholeFile;

/// A wheel with fewer files is written by one thread.
const MANY_FILES: usize = 256;
/// Files that a thread takes at a time.
const FILES_AT_A_TIME: usize = 16;
const STREAM_BUFFER_BYTES: usize = 64 << 10;

/// Unzips `wheel` into `destination`, which must not exist.
///
/// The unpacked tree must be exactly `expected`. When this fails, the caller removes `destination`.
pub fn unpack_wheel(
    mut wheel: BlobReader,
    destination: &Path,
    expected: &Footprint,
) -> Result<(), WheelError> {
    let release = wheel.release_switch();
    let second = wheel.second();
    let mut archive = ZipArchive::new(wheel)?;
    let tree = WheelTree::judge(&mut archive)?;
    tree.require(expected)?;
    fs_err::create_dir(destination)?;
    for directory in &tree.directories {
        fs_err::create_dir(directory.below(destination))?;
    }
    release.forward_only();
    let next = AtomicUsize::new(0);
    match second.filter(|_| tree.files.len() >= MANY_FILES) {
        None => write_files(&mut archive, &tree.files, &next, destination),
        Some(second) => thread::scope(|scope| {
            let other = start(scope, || {
                let mut archive = ZipArchive::new(second)?;
                write_files(&mut archive, &tree.files, &next, destination)
            });
            let own = write_files(&mut archive, &tree.files, &next, destination);
            let other = other.map(|other| other.join().expect("writing files does not panic"));
            own.and(other.unwrap_or(Ok(())))
        }),
    }
}

/// Writes those of `files` that no other thread has taken yet.
fn write_files(
    archive: &mut ZipArchive<BlobReader>,
    files: &[WheelFile],
    next: &AtomicUsize,
    destination: &Path,
) -> Result<(), WheelError> {
    let mut whole = WholeFile::new();
    let mut buffer = Vec::new();
    loop {
        let start = next.fetch_add(FILES_AT_A_TIME, Ordering::Relaxed);
        let Some(rest) = files.get(start..).filter(|rest| !rest.is_empty()) else { return Ok(()) };
        for file in rest.iter().take(FILES_AT_A_TIME) {
            let written = if WholeFile::takes(file) {
                whole
                    .read(archive, file)
                    .and_then(|content| Ok(create(file, destination)?.write_all(content)?))
            } else {
                buffer.resize(STREAM_BUFFER_BYTES, 0);
                write_stream(archive, file, destination, &mut buffer)
            };
            written.inspect_err(|_| {
                // The others need not go on.
                next.store(files.len(), Ordering::Relaxed);
            })?;
        }
    }
}

fn create(planned: &WheelFile, destination: &Path) -> io::Result<fs_err::File> {
    let mut options = fs_err::OpenOptions::new();
    let mode = if planned.executable { 0o555 } else { 0o444 };
    options.write(true).create_new(true).options_mut().mode(mode);
    options.open(planned.path.below(destination))
}

fn write_stream(
    archive: &mut ZipArchive<BlobReader>,
    planned: &WheelFile,
    destination: &Path,
    buffer: &mut [u8],
) -> Result<(), WheelError> {
    let mut content = archive.by_index(planned.index)?;
    let mut file = create(planned, destination)?;
    let mut size = 0;
    loop {
        let count = content.read(buffer).map_err(|error| WheelError::from(ZipError::from(error)))?;
        size += count as u64;
        if size > planned.size || (count == 0 && size < planned.size) {
            return Err(WheelError::Footprint {
                counted: "bytes in a file",
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

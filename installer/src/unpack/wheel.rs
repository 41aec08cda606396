//! Unzips a wheel into the store as if an enemy had made it: first everything that it lists is judged
//! (`attune_registry::release_check`), then its files are written, by several threads if there are many.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use attune_host::trees::{Found, NewTree, Survey};
use attune_registry::blob::{BlobBytes, BlobReader};
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
/// The unpacked tree must be exactly `expected`; it is sealed, but for its topmost directory. When this fails, the caller removes `destination`.
pub fn unpack_wheel(
    mut wheel: BlobReader,
    destination: &Path,
    expected: &Footprint,
) -> Result<Survey, WheelError> {
    let release = wheel.release_switch();
    let bytes = wheel.in_memory();
    let second = wheel.second();
    let mut archive = ZipArchive::new(wheel)?;
    let tree = WheelTree::judge(&mut archive)?;
    tree.require(expected)?;
    let mut unpacked = NewTree::create(destination)?;
    for directory in &tree.directories {
        unpacked.create_directory(directory)?;
    }
    release.forward_only();
    let next = AtomicUsize::new(0);
    let written = match second.filter(|_| tree.files.len() >= MANY_FILES) {
        None => write_files(&mut archive, bytes, &tree.files, &next, &unpacked)?,
        Some(second) => thread::scope(|scope| {
            let other = start(scope, || {
                let mut archive = ZipArchive::new(second)?;
                write_files(&mut archive, bytes.clone(), &tree.files, &next, &unpacked)
            });
            let own = write_files(&mut archive, bytes.clone(), &tree.files, &next, &unpacked);
            let other = other.map(|other| other.join().expect("writing files does not panic"));
            let mut written = own?;
            written.extend(other.transpose()?.unwrap_or_default());
            Ok::<_, WheelError>(written)
        })?,
    };
    Ok(unpacked.seal(written)?)
}

/// Writes those of `files` that no other thread has taken yet.
fn write_files(
    archive: &mut ZipArchive<BlobReader>,
    bytes: Option<BlobBytes>,
    files: &[WheelFile],
    next: &AtomicUsize,
    tree: &NewTree,
) -> Result<Vec<Found>, WheelError> {
    let mut whole = WholeFile::new(bytes);
    let (mut buffer, mut done) = (Vec::new(), Vec::new());
    loop {
        let start = next.fetch_add(FILES_AT_A_TIME, Ordering::Relaxed);
        let Some(rest) = files.get(start..).filter(|rest| !rest.is_empty()) else { return Ok(done) };
        for file in rest.iter().take(FILES_AT_A_TIME) {
            let written = if WholeFile::takes(file) {
                whole.read(archive, file).and_then(|content| Ok(write_whole(file, content, tree)?))
            } else {
                buffer.resize(STREAM_BUFFER_BYTES, 0);
                write_stream(archive, file, tree, &mut buffer)
            };
            done.push(written.inspect_err(|_| {
                // The others need not go on.
                next.store(files.len(), Ordering::Relaxed);
            })?);
        }
    }
}

fn write_whole(planned: &WheelFile, content: &[u8], tree: &NewTree) -> io::Result<Found> {
    let mut file = tree.create_file(&planned.path, planned.executable)?;
    file.file().write_all(content)?;
    file.finish()
}

fn write_stream(
    archive: &mut ZipArchive<BlobReader>,
    planned: &WheelFile,
    tree: &NewTree,
    buffer: &mut [u8],
) -> Result<Found, WheelError> {
    let mut content = archive.by_index(planned.index)?;
    let mut file = tree.create_file(&planned.path, planned.executable)?;
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
            return Ok(file.finish()?);
        }
        file.file().write_all(&buffer[..count])?;
    }
}

//! Unzips a wheel into the store as if an enemy had made it: first everything that it lists is judged
//! (`attune_registry::release_check`), then its files are written, by several threads if there is much to write.

use std::io::BufReader;
use std::path::Path;
use std::thread;

use attune_host::trees::{Found, NewTree, Survey};
use attune_registry::blob::BlobContent;
use attune_registry::release_check::{WheelError, WheelFile, WheelTree};
use attune_registry::workers::start;
use attune_schemas::environment_lock::Footprint;
use zip::ZipArchive;

use super::room::Room;
use super::turns::Turns;
use super::wheel_file::FileWriter;

/// A wheel with fewer files, and fewer bytes in them, is written by one thread.
const MANY_FILES: u64 = 256;
const MANY_BYTES: u64 = 8 << 20;

/// Unzips `wheel` into `destination`, which must not exist.
///
/// The unpacked tree must be exactly `expected`; it is sealed, but for its topmost directory. When this fails, the caller removes `destination`.
pub fn unpack_wheel(
    wheel: &BlobContent,
    destination: &Path,
    expected: &Footprint,
    room: &Room,
) -> Result<Survey, WheelError> {
    let tree = WheelTree::judge(&mut ZipArchive::new(BufReader::new(wheel.reader()))?)?;
    tree.require(expected)?;
    let mut unpacked = NewTree::create(destination)?;
    for directory in &tree.directories {
        unpacked.create_directory(directory)?;
    }
    let is_large = tree.footprint.files >= MANY_FILES || tree.footprint.bytes >= MANY_BYTES;
    let helpers = room.helpers(if is_large { tree.files.len() - 1 } else { 0 });
    let writing = Writing {
        wheel,
        tree: &unpacked,
        turns: Turns::of(&tree.files),
        apart: lie_apart(&tree.files),
        room,
    };
    let written = writing.on_threads(helpers.count())?;
    drop(helpers);
    Ok(unpacked.seal(written)?)
}

/// Whether no two of `files`, which come in the order in which they lie in the archive, share bytes of it.
fn lie_apart(files: &[WheelFile]) -> bool {
    files.windows(2).all(|two| two[0].data_end() <= two[1].header_start)
}

/// A wheel whose files are being written.
struct Writing<'a> {
    wheel: &'a BlobContent,
    tree: &'a NewTree,
    turns: Turns<'a>,
    apart: bool,
    room: &'a Room<'a>,
}

/// The files that one thread has written, and the first turn at which it failed.
#[derive(Default)]
struct Written {
    files: Vec<Found>,
    failure: Option<(usize, WheelError)>,
}

impl Writing<'_> {
    /// Writes all files, on the calling thread and as many of `helpers` as the machine lets us start.
    fn on_threads(&self, helpers: usize) -> Result<Vec<Found>, WheelError> {
        let written: Vec<Written> = thread::scope(|scope| {
            let others: Vec<_> = (0..helpers).map_while(|_| start(scope, || self.on_one_thread())).collect();
            let own = self.on_one_thread();
            let others = others.into_iter().map(|other| other.join().expect("writing files does not panic"));
            std::iter::once(own).chain(others).collect()
        });
        let mut all = Vec::new();
        let mut failures = Vec::new();
        for Written { files, failure } in written {
            all.extend(files);
            failures.extend(failure);
        }
        let first = failures.into_iter().min_by_key(|(turn, _)| *turn);
        first.map_or(Ok(all), |(_, error)| Err(error))
    }

    /// Writes those files whose turn no other thread has taken yet; one for which memory is lacking after all others.
    ///
    /// Turns are taken in their order and never given up, so that of several damaged files the same one is always found.
    fn on_one_thread(&self) -> Written {
        let mut writer = FileWriter::new(self.wheel, self.tree, self.apart, self.room);
        let (mut written, mut put_off) = (Written::default(), Vec::new());
        while let Some((first, files)) = self.turns.take() {
            for (file, turn) in files.iter().zip(first..) {
                match writer.write_now(file) {
                    None => put_off.push((turn, *file)),
                    Some(found) => {
                        if !self.note(&mut written, turn, found) {
                            break;
                        }
                    }
                }
            }
        }
        for (turn, file) in put_off {
            let found = writer.write(file);
            if !self.note(&mut written, turn, found) {
                break;
            }
        }
        written
    }

    /// Notes what became of a file; whether to go on.
    fn note(&self, written: &mut Written, turn: usize, found: Result<Found, WheelError>) -> bool {
        match found {
            Ok(found) => {
                written.files.push(found);
                true
            }
            Err(error) => {
                self.turns.end();
                written.failure = Some((turn, error));
                false
            }
        }
    }
}

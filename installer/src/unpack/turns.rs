//! The order in which threads take the files of a wheel: the largest first, so that none is left to one thread at the
//! end; then the others, several at a time, as they lie in the archive.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};

use attune_registry::release_check::WheelFile;

/// A file of more bytes is taken by itself.
const LARGE_BYTES: u64 = 1 << 20;
/// Smaller files that a thread takes at a time.
const FILES_AT_A_TIME: usize = 16;

/// The files of a wheel that nobody has taken yet.
#[derive(Debug)]
pub(super) struct Turns<'a> {
    files: Vec<&'a WheelFile>,
    large: usize,
    next: AtomicUsize,
}

impl<'a> Turns<'a> {
    /// The turns of `files`.
    pub(super) fn of(files: &'a [WheelFile]) -> Self {
        let large_bytes = |file: &WheelFile| Some(file.size).filter(|size| *size > LARGE_BYTES).unwrap_or(0);
        let mut files: Vec<&WheelFile> = files.iter().collect();
        files.sort_by_key(|file| Reverse(large_bytes(file)));
        let large = files.partition_point(|file| large_bytes(file) > 0);
        Self { files, large, next: AtomicUsize::new(0) }
    }

    /// The next files, and the turn of the first of them; `None` when all are taken.
    pub(super) fn take(&self) -> Option<(usize, &[&'a WheelFile])> {
        let after = |turn: usize| turn + if turn < self.large { 1 } else { FILES_AT_A_TIME };
        let taken = |turn| (turn < self.files.len()).then(|| after(turn).min(self.files.len()));
        let turn = self.next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).ok()?;
        Some((turn, &self.files[turn..after(turn).min(self.files.len())]))
    }

    /// Lets nobody take any more.
    pub(super) fn end(&self) {
        self.next.store(self.files.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use zip::CompressionMethod;

    use super::*;

    fn file(name: usize, size: u64) -> WheelFile {
        let path = format!("{name}").parse().unwrap();
        let (crc32, header_start, data_start) = (0, 0, 0);
        let (compression, executable) = (CompressionMethod::Stored, false);
        WheelFile {
            path,
            size,
            compressed_size: size,
            crc32,
            compression,
            executable,
            header_start,
            data_start,
        }
    }

    #[test]
    fn the_largest_come_first_and_each_file_once() {
        let files: Vec<WheelFile> =
            (0..40).map(|at| file(at, if at % 13 == 5 { at as u64 } else { 0 } << 20)).collect();
        let turns = Turns::of(&files);
        let mut taken = Vec::new();
        while let Some((turn, some)) = turns.take() {
            assert_eq!(turn, taken.len());
            assert_eq!(some.len(), if turn < 3 { 1 } else { some.len() });
            taken.extend(some.iter().map(|file| file.path.as_str().parse::<usize>().unwrap()));
        }
        let others = (0..40).filter(|at| at % 13 != 5);
        assert_eq!(taken, [31, 18, 5].into_iter().chain(others).collect::<Vec<_>>());
    }

    #[test]
    fn after_its_end_nobody_takes_any() {
        let files: Vec<WheelFile> = (0..40).map(|at| file(at, 1)).collect();
        let turns = Turns::of(&files);
        assert!(turns.take().is_some());
        turns.end();
        assert!(turns.take().is_none());
        assert!(Turns::of(&[]).take().is_none());
    }
}

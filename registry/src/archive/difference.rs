//! Whether a pack archive holds exactly these files, without writing another one.
//!
//! Archives are compared unpacked: how hard one was compressed says nothing about the pack.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use attune_schemas::EntryPath;

use super::MAX_WINDOW_LOG;
use super::error::ArchiveError;
use super::write::{SourceFile, write_tree};

/// The first entry in which the archive in `reader` differs from one of `files`; `None` if it holds these very
/// files. `reader` is read to its end.
///
/// # Errors
/// A file or the archive cannot be read.
pub fn difference(
    files: BTreeMap<EntryPath, SourceFile<'_>>,
    mut reader: impl Read,
) -> Result<Option<String>, ArchiveError> {
    let mut decoder = zstd::Decoder::new(&mut reader).map_err(ArchiveError::of_read)?;
    decoder.window_log_max(MAX_WINDOW_LOG)?;
    let mut comparison = Comparison { archive: decoder, buffer: Vec::new(), differs: false };
    let mut place = String::new();
    let written = write_tree(files, &mut comparison, |path| path.as_str().clone_into(&mut place));
    let differs = comparison.differs || written.is_ok() && comparison.has_more()?;
    drop(comparison);
    // Whoever hashes the archive has to see all of it.
    io::copy(&mut reader, &mut io::sink())?;
    if differs { Ok(Some(place)) } else { written.map(|_| None) }
}

/// Takes the tar of the files and holds it against that of the archive.
struct Comparison<R> {
    archive: R,
    buffer: Vec<u8>,
    differs: bool,
}

impl<R: Read> Comparison<R> {
    fn has_more(&mut self) -> Result<bool, ArchiveError> {
        Ok(self.archive.read(&mut [0]).map_err(ArchiveError::of_read)? > 0)
    }
}

impl<R: Read> Write for Comparison<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.resize(bytes.len(), 0);
        let count = self.archive.read(&mut self.buffer)?;
        if self.buffer[..count] == bytes[..count] && (count > 0 || bytes.is_empty()) {
            return Ok(count);
        }
        self.differs = true;
        Err(io::Error::other("the archive holds something else"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::write::write_pack;
    use super::*;

    type Files = [(&'static str, &'static str, bool)];

    fn sources(files: &Files) -> BTreeMap<EntryPath, SourceFile<'static>> {
        let source = |&(path, content, executable): &(&str, &'static str, bool)| {
            let open = Box::new(move || Ok(Box::new(content.as_bytes()) as Box<dyn Read>));
            (path.parse().unwrap(), SourceFile { executable, size: content.len() as u64, open })
        };
        files.iter().map(source).collect()
    }

    fn archive(files: &Files) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_pack(sources(files), &mut bytes).unwrap();
        bytes
    }

    const PACK: &Files =
        &[("a/run.sh", "#!/bin/sh", true), ("b", "2", false), ("pack.yaml", "ref: x", false)];

    #[test]
    fn equal_files_are_equal_however_they_were_compressed() {
        let tar = zstd::decode_all(&*archive(PACK)).unwrap();
        for level in [1, 19] {
            let other = zstd::encode_all(&*tar, level).unwrap();
            assert_eq!(difference(sources(PACK), &*other).unwrap(), None);
        }
        let (one, two) = tar.split_at(700);
        let frames = [one, two].map(|piece| zstd::encode_all(piece, 3).unwrap()).concat();
        assert_eq!(difference(sources(PACK), &*frames).unwrap(), None);
    }

    #[test]
    fn the_first_difference_is_named() {
        let with = |index: usize, file| {
            let mut files = PACK.to_vec();
            files[index] = file;
            files
        };
        for (files, place) in [
            (with(1, ("b", "3", false)), "b"),
            (with(1, ("b", "22", false)), "b"),
            (with(0, ("a/run.sh", "#!/bin/sh", false)), "a/run.sh"),
            (with(1, ("c", "2", false)), "c"),
            (PACK[1..].to_vec(), "b"),
            ([PACK, &[("z", "", false)]].concat(), "z"),
            (PACK[..2].to_vec(), "b"),
        ] {
            let found = difference(sources(&files), &*archive(PACK)).unwrap();
            assert_eq!(found.as_deref(), Some(place), "{files:?}");
        }
    }

    #[test]
    fn an_archive_that_cannot_be_read_is_no_difference() {
        let mut bytes = archive(PACK);
        bytes.truncate(20);
        difference(sources(PACK), &*bytes).unwrap_err();
        difference(sources(PACK), &b"no archive"[..]).unwrap_err();
    }

    #[test]
    fn the_whole_archive_is_read_also_where_it_differs() {
        let bytes = archive(PACK);
        let mut reader = &*bytes;
        let files: &Files = &[("a/run.sh", "other", true)];
        assert!(difference(sources(files), &mut reader).unwrap().is_some());
        assert!(reader.is_empty());
    }
}

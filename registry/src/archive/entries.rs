//! Reads a tar stream entry by entry and refuses every entry that an honest writer would never write.

use std::io::{self, Read};

use attune_schemas::EntryPath;
use tar::{EntryType, Header};

use super::blocks::{Blocks, damaged};
use super::claims::Claims;
use super::error::ArchiveError;

/// How much an archive may hold.
#[derive(Debug, Clone, Copy)]
pub struct TarLimits {
    /// The most entries.
    pub max_entries: u64,
    /// The most bytes in all files together.
    pub max_bytes: u64,
    /// The most bytes in all names together.
    pub max_name_bytes: u64,
}

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Whether its owner may execute it.
        executable: bool,
    },
}

/// An entry whose path is safe and not yet taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TarEntry {
    /// Its path.
    pub path: EntryPath,
    /// Its kind.
    pub kind: EntryKind,
    /// The bytes of the file; 0 for a directory.
    pub size: u64,
}

/// A tar stream; reading from it gives the content of the entry that came last.
#[derive(Debug)]
pub struct TarStream<R> {
    blocks: Blocks<R>,
    claims: Claims,
}

/// The longest path in a GNU long-name entry, in bytes.
const MAX_LONG_NAME_BYTES: u64 = 4096;
/// The most zeros after the end of an archive.
const MAX_PADDING_BYTES: u64 = 64 * 1024;

impl<R: Read> TarStream<R> {
    /// Reads the archive at the start of `reader`.
    pub fn new(reader: R, limits: TarLimits) -> Self {
        Self { blocks: Blocks::new(reader), claims: Claims::new(limits) }
    }

    /// The next entry, or `None` at the end of the archive; skips the unread rest of the last one.
    pub fn next_entry(&mut self) -> Result<Option<TarEntry>, ArchiveError> {
        let Some(mut header) = self.blocks.next_header()? else { return Ok(None) };
        let mut long_name = None;
        if header.entry_type() == EntryType::GNULongName {
            long_name = Some(read_long_name(&mut self.blocks)?);
            header = self.blocks.next_header()?.ok_or_else(|| damaged("a long name without its entry"))?;
        }
        let name = long_name.unwrap_or_else(|| header.path_bytes().into_owned());
        let name = String::from_utf8_lossy(&name).into_owned();
        let kind = entry_kind(&header, &name)?;
        let trimmed = if kind == EntryKind::Directory { name.trim_end_matches('/') } else { &name };
        let path: EntryPath = trimmed.parse()?;
        self.claims.take(&path, kind != EntryKind::Directory)?;
        let size = self.blocks.remaining();
        if kind == EntryKind::Directory && size != 0 {
            return Err(damaged("a directory with content"));
        }
        self.claims.count_bytes(size)?;
        Ok(Some(TarEntry { path, kind, size }))
    }

    /// Reads to the end of the stream and refuses anything but the zeros that pad an archive.
    ///
    /// A compressed stream is only known to be undamaged once it has been read to its end.
    pub fn finish(&mut self) -> Result<(), ArchiveError> {
        self.blocks.finish(MAX_PADDING_BYTES)
    }
}

impl<R: Read> Read for TarStream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.blocks.read(buffer)
    }
}

/// The name that a GNU long-name entry holds.
pub(crate) fn read_long_name(blocks: &mut Blocks<impl Read>) -> Result<Vec<u8>, ArchiveError> {
    let mut name = blocks.read_small(MAX_LONG_NAME_BYTES, "bytes in a path")?;
    if name.last() == Some(&0) {
        name.pop();
    }
    Ok(name)
}

fn entry_kind(header: &Header, name: &str) -> Result<EntryKind, ArchiveError> {
    let kind = match header.entry_type() {
        EntryType::Regular => {
            let mode = header.mode().map_err(ArchiveError::of_read)?;
            return Ok(EntryKind::File { executable: mode & 0o100 != 0 });
        }
        EntryType::Directory => return Ok(EntryKind::Directory),
        EntryType::Symlink => "symbolic link",
        EntryType::Link => "hard link",
        EntryType::Char => "character device",
        EntryType::Block => "block device",
        EntryType::Fifo => "fifo",
        EntryType::GNUSparse => "sparse file",
        _ => "special entry",
    };
    Err(ArchiveError::EntryType { path: name.to_owned(), kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: TarLimits = TarLimits { max_entries: 4, max_bytes: 100, max_name_bytes: 1000 };

    /// A tar of `(raw name, type, content)`; the crate's own builder would refuse the hostile names.
    fn tar(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, kind, content) in entries {
            let mut header = tar::Header::new_ustar();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn read_all(bytes: &[u8]) -> Result<Vec<String>, ArchiveError> {
        let mut stream = TarStream::new(bytes, LIMITS);
        let mut names = Vec::new();
        while let Some(entry) = stream.next_entry()? {
            io::copy(&mut stream, &mut io::sink()).map_err(ArchiveError::of_read)?;
            names.push(entry.path.to_string());
        }
        stream.finish().map(|()| names)
    }

    #[test]
    fn files_and_directories_are_read() {
        let bytes = tar(&[("a/", EntryType::Directory, b""), ("a/b", EntryType::Regular, b"x")]);
        assert_eq!(read_all(&bytes).unwrap(), ["a", "a/b"]);
    }

    #[test]
    fn tar_slip_is_refused() {
        for name in ["../evil", "/etc/passwd", "a/../../evil", "a/./b", "a\\..\\b"] {
            let error = read_all(&tar(&[(name, EntryType::Regular, b"x")])).unwrap_err();
            assert!(matches!(error, ArchiveError::Path(_)), "{name}: {error}");
        }
    }

    #[test]
    fn links_and_devices_are_refused() {
        for kind in [
            EntryType::Symlink,
            EntryType::Link,
            EntryType::Char,
            EntryType::Block,
            EntryType::Fifo,
            EntryType::GNUSparse,
            EntryType::XHeader,
            EntryType::XGlobalHeader,
            EntryType::GNULongLink,
        ] {
            let error = read_all(&tar(&[("x", kind, b"")])).unwrap_err();
            assert!(matches!(error, ArchiveError::EntryType { .. }), "{kind:?}: {error}");
        }
    }

    #[test]
    fn colliding_names_are_refused() {
        for (one, two) in [("a", "a"), ("Readme", "README"), ("ß", "ß")] {
            let bytes = tar(&[(one, EntryType::Regular, b""), (two, EntryType::Regular, b"")]);
            assert!(matches!(read_all(&bytes), Err(ArchiveError::Collision { .. })), "{one} {two}");
        }
        let below = tar(&[("a", EntryType::Regular, b""), ("A/b", EntryType::Regular, b"")]);
        assert!(matches!(read_all(&below), Err(ArchiveError::BelowFile { .. })));
    }

    #[test]
    fn too_many_entries_and_too_many_bytes_are_refused() {
        let names = ["a", "b", "c", "d", "e"].map(|name| (name, EntryType::Regular, &b""[..]));
        assert!(matches!(read_all(&tar(&names)), Err(ArchiveError::TooLarge { limit: 4, .. })));
        let big = [0; 101];
        let bytes = tar(&[("a", EntryType::Regular, &big)]);
        assert!(matches!(read_all(&bytes), Err(ArchiveError::TooLarge { limit: 100, .. })));
    }

    #[test]
    fn too_many_bytes_in_names_are_refused() {
        let names: Vec<String> = (0..4).map(|n| format!("{n}").repeat(90) + "/" + &"x".repeat(200)).collect();
        let mut builder = tar::Builder::new(Vec::new());
        for name in &names {
            let mut header = tar::Header::new_gnu();
            header.set_size(0);
            header.set_mode(0o644);
            builder.append_data(&mut header, name, io::empty()).unwrap();
        }
        let result = read_all(&builder.into_inner().unwrap());
        assert!(matches!(result, Err(ArchiveError::TooLarge { limit: 1000, .. })), "{result:?}");
    }

    #[test]
    fn an_endless_long_name_is_refused() {
        let name = vec![b'a'; 5000];
        let bytes = tar(&[("././@LongLink", EntryType::GNULongName, &name)]);
        assert!(matches!(read_all(&bytes), Err(ArchiveError::TooLarge { limit: 4096, .. })));
    }

    #[test]
    fn a_cut_off_archive_is_refused() {
        let bytes = tar(&[("a", EntryType::Regular, b"hello")]);
        for length in [0, 300, 514, 700, 1024] {
            let result = read_all(&bytes[..length]);
            assert!(matches!(result, Err(ArchiveError::Damaged(_))), "{length}: {result:?}");
        }
    }

    #[test]
    fn a_damaged_header_and_trailing_data_are_refused() {
        let mut bytes = tar(&[("a", EntryType::Regular, b"hello")]);
        bytes.extend_from_slice(b"more");
        assert!(matches!(read_all(&bytes), Err(ArchiveError::Damaged(_))));
        bytes[0] = b'b';
        assert!(matches!(read_all(&bytes), Err(ArchiveError::Damaged(_))));
    }
}

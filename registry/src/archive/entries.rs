//! Reads a tar stream entry by entry and refuses every entry that an honest writer would never write.
//!
//! Header fields are parsed by the `tar` crate; the walk from header to header is here, because the
//! crate's own keeps names of any size in memory and cannot be held across calls.

use std::collections::HashMap;
use std::io::{self, Read};

use attune_schemas::EntryPath;
use tar::{EntryType, Header};

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
    reader: R,
    limits: TarLimits,
    /// Bytes of the current entry that have not been read.
    remaining: u64,
    /// Bytes between the end of the current entry and the next header.
    padding: u64,
    ended: bool,
    /// Every path seen, folded by case, and whether it is a file.
    seen: HashMap<String, bool>,
    name_bytes: u64,
    bytes: u64,
}

const BLOCK: usize = 512;
/// The longest path in a GNU long-name entry, in bytes.
const MAX_LONG_NAME_BYTES: u64 = 4096;

impl<R: Read> TarStream<R> {
    /// Reads the archive at the start of `reader`.
    pub fn new(reader: R, limits: TarLimits) -> Self {
        Self {
            reader,
            limits,
            remaining: 0,
            padding: 0,
            ended: false,
            seen: HashMap::new(),
            name_bytes: 0,
            bytes: 0,
        }
    }

    /// The next entry, or `None` at the end of the archive; skips the unread rest of the last one.
    pub fn next_entry(&mut self) -> Result<Option<TarEntry>, ArchiveError> {
        let Some(mut header) = self.next_header()? else { return Ok(None) };
        let mut long_name = None;
        if header.entry_type() == EntryType::GNULongName {
            long_name = Some(self.read_long_name()?);
            header = self.next_header()?.ok_or_else(|| damaged("a long name without its entry"))?;
        }
        let name = long_name.unwrap_or_else(|| header.path_bytes().into_owned());
        let name = String::from_utf8_lossy(&name).into_owned();
        let kind = entry_kind(&header, &name)?;
        let trimmed = if kind == EntryKind::Directory { name.trim_end_matches('/') } else { &name };
        let path: EntryPath = trimmed.parse()?;
        self.claim(&path, kind)?;
        if kind == EntryKind::Directory && self.remaining != 0 {
            return Err(damaged("a directory with content"));
        }
        self.count_bytes(self.remaining)?;
        Ok(Some(TarEntry { path, kind, size: self.remaining }))
    }

    /// Reads to the end of the stream and refuses anything but the zeros that pad an archive.
    ///
    /// A compressed stream is only known to be undamaged once it has been read to its end.
    pub fn finish(&mut self) -> Result<(), ArchiveError> {
        const MAX_PADDING_BYTES: u64 = 64 * 1024;
        let mut padding = Vec::new();
        let mut limited = (&mut self.reader).take(MAX_PADDING_BYTES + 1);
        limited.read_to_end(&mut padding).map_err(ArchiveError::of_read)?;
        if padding.len() as u64 > MAX_PADDING_BYTES || padding.iter().any(|&byte| byte != 0) {
            return Err(damaged("there is data after its end"));
        }
        Ok(())
    }

    /// Goes to the next header and sets the number of bytes that remain of its entry.
    fn next_header(&mut self) -> Result<Option<Header>, ArchiveError> {
        if self.ended {
            return Ok(None);
        }
        let skip = self.remaining + self.padding;
        let skipped = io::copy(&mut (&mut self.reader).take(skip), &mut io::sink());
        if skipped.map_err(ArchiveError::of_read)? != skip {
            return Err(ArchiveError::Damaged(io::ErrorKind::UnexpectedEof.into()));
        }
        (self.remaining, self.padding) = (0, 0);
        let mut block = [0; BLOCK];
        self.reader.read_exact(&mut block).map_err(ArchiveError::of_read)?;
        if block.iter().all(|&byte| byte == 0) {
            self.ended = true;
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block).clone();
        let checksum = header.cksum().map_err(ArchiveError::of_read)?;
        if checksum != checksum_of(&block) {
            return Err(damaged("the checksum of an entry's header does not match"));
        }
        self.remaining = header.entry_size().map_err(ArchiveError::of_read)?;
        self.padding = self.remaining.next_multiple_of(BLOCK as u64) - self.remaining;
        Ok(Some(header))
    }

    /// Remembers the path, so that no later entry can replace or shadow it.
    fn claim(&mut self, path: &EntryPath, kind: EntryKind) -> Result<(), ArchiveError> {
        if self.seen.len() as u64 >= self.limits.max_entries {
            return Err(ArchiveError::TooLarge { limit: self.limits.max_entries, what: "entries" });
        }
        self.name_bytes += path.as_str().len() as u64;
        if self.name_bytes > self.limits.max_name_bytes {
            let limit = self.limits.max_name_bytes;
            return Err(ArchiveError::TooLarge { limit, what: "bytes in names" });
        }
        let mut ancestor = path.parent();
        while let Some(directory) = ancestor {
            if self.seen.get(&directory.case_folded()) == Some(&true) {
                return Err(ArchiveError::BelowFile { path: path.to_string() });
            }
            ancestor = directory.parent();
        }
        let is_file = kind != EntryKind::Directory;
        if self.seen.insert(path.case_folded(), is_file).is_some() {
            return Err(ArchiveError::Collision { path: path.to_string() });
        }
        Ok(())
    }

    fn count_bytes(&mut self, size: u64) -> Result<(), ArchiveError> {
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.limits.max_bytes {
            return Err(ArchiveError::TooLarge { limit: self.limits.max_bytes, what: "bytes" });
        }
        Ok(())
    }

    fn read_long_name(&mut self) -> Result<Vec<u8>, ArchiveError> {
        if self.remaining > MAX_LONG_NAME_BYTES {
            return Err(ArchiveError::TooLarge { limit: MAX_LONG_NAME_BYTES, what: "bytes in a path" });
        }
        let mut name = Vec::new();
        self.read_to_end(&mut name).map_err(ArchiveError::of_read)?;
        if name.last() == Some(&0) {
            name.pop();
        }
        Ok(name)
    }
}

impl<R: Read> Read for TarStream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.remaining == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let wanted = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.reader.read(&mut buffer[..wanted])?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.remaining -= count as u64;
        Ok(count)
    }
}

fn damaged(what: &str) -> ArchiveError {
    ArchiveError::Damaged(io::Error::new(io::ErrorKind::InvalidData, what))
}

/// The sum of a header's bytes, its checksum field counting as spaces.
fn checksum_of(block: &[u8; BLOCK]) -> u32 {
    const FIELD: std::ops::Range<usize> = 148..156;
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    sum(&block[..FIELD.start]) + 8 * u32::from(b' ') + sum(&block[FIELD.end..])
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

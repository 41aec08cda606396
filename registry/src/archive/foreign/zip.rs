//! Zip entries, by the central directory.
//!
//! Source: PKWARE's APPNOTE 6.3.10; the upper half of an entry's external attributes is its Unix mode.

use std::io::{BufReader, Read};
use std::path::Path;

use attune_schemas::EntryPath;
use zip::ZipArchive;
use zip::result::ZipError;

use super::super::blocks::damaged;
use super::super::entries::TarLimits;
use super::super::error::ArchiveError;
use super::super::zip_records::count_records;
use super::tree::NewTree;

/// The part of a Unix mode that tells files, directories, links and devices apart.
const TYPE_MASK: u32 = 0o170_000;
/// The longest target of a link, in bytes.
const MAX_TARGET_BYTES: u64 = 4096;

/// The kinds of entries that are unpacked.
enum Kind {
    Directory,
    File { executable: bool },
    Link,
}

/// Unpacks the archive at `path`.
pub(super) fn unpack(path: &Path, limits: &TarLimits, tree: &mut NewTree<'_>) -> Result<(), ArchiveError> {
    let mut archive = ZipArchive::new(BufReader::new(fs_err::File::open(path)?)).map_err(refused)?;
    if archive.len() as u64 > limits.max_entries {
        return Err(ArchiveError::TooLarge { limit: limits.max_entries, what: "entries" });
    }
    // Readers see the last of several entries with one name alone.
    let records = count_records(BufReader::new(fs_err::File::open(path)?), archive.central_directory_start());
    if records.map_err(ArchiveError::of_read)? != archive.len() {
        return Err(ArchiveError::Collision { path: "of the same name".to_owned() });
    }
    for index in 0..archive.len() {
        let (name, kind, size) = judge(&archive.by_index_raw(index).map_err(refused)?)?;
        let path: EntryPath = name.trim_end_matches('/').parse()?;
        match kind {
            Kind::Directory => tree.directory(&path)?,
            Kind::File { executable } => {
                let mut content = archive.by_index(index).map_err(refused)?;
                tree.file(&path, executable, size, &mut content)?;
            }
            Kind::Link => {
                let content = archive.by_index(index).map_err(refused)?;
                let mut target = Vec::new();
                content.take(MAX_TARGET_BYTES + 1).read_to_end(&mut target).map_err(ArchiveError::of_read)?;
                tree.link(&path, &String::from_utf8_lossy(&target))?;
            }
        }
    }
    Ok(())
}

fn judge<R: Read>(entry: &zip::read::ZipFile<'_, R>) -> Result<(String, Kind, u64), ArchiveError> {
    let name = entry.name().to_owned();
    let refuse = |kind| Err(ArchiveError::EntryType { path: name.clone(), kind });
    if entry.encrypted() {
        return refuse("encrypted file");
    }
    let mode = entry.unix_mode().unwrap_or(0);
    let kind = match mode & TYPE_MASK {
        0o120_000 => Kind::Link,
        0 | 0o100_000 | 0o040_000 if name.ends_with('/') => Kind::Directory,
        0 | 0o100_000 => Kind::File { executable: mode & 0o100 != 0 },
        0o040_000 => Kind::Directory,
        _ => return refuse("device or another special file"),
    };
    if matches!(kind, Kind::Directory) && entry.size() != 0 {
        return Err(damaged("a directory with content"));
    }
    Ok((name, kind, entry.size()))
}

fn refused(error: ZipError) -> ArchiveError {
    match error {
        ZipError::Io(error) => ArchiveError::of_read(error),
        other => ArchiveError::Damaged(std::io::Error::new(std::io::ErrorKind::InvalidData, other)),
    }
}

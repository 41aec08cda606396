//! Reads an npm package's tarball as if an enemy had made it.
//!
//! The first part of every path is dropped, whatever it is (`package/` by custom), and `.` parts with it; of
//! two entries with one path the later counts, as with npm itself. Directories are those that files need. Nothing here makes a
//! link: a hard link to a file of the same tarball stands for a copy of it, other links are passed over and told.

mod claims;
mod manifest;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead, BufReader, Read};

use attune_schemas::EntryPath;
use attune_schemas::environment_lock::Footprint;
use flate2::bufread::MultiGzDecoder;
use tar::EntryType;

use claims::Seen;
pub use manifest::read_node_manifest;

use super::entries::TarLimits;
use super::error::ArchiveError;

/// The most that an npm package may unpack to. The largest packages in use have some 40,000 files.
pub const NODE_PACKAGE_LIMITS: TarLimits =
    TarLimits { max_entries: 48_000, max_bytes: 2 << 30, max_name_bytes: 8 << 20 };

/// A file of an npm package.
pub struct NodeFile<'a> {
    /// Its path below the package's directory.
    pub path: &'a EntryPath,
    /// Whether its owner may execute it.
    pub executable: bool,
    /// Whether an earlier file had the same path, which this one replaces.
    pub replaces: bool,
    /// The earlier file that this one is a copy of; it has no content of its own then.
    pub copy_of: Option<&'a EntryPath>,
    /// Its bytes.
    pub content: &'a mut dyn Read,
}

/// The outcome of reading an npm package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePackageRead {
    /// Its footprint, unpacked.
    pub footprint: Footprint,
    /// The links that were passed over.
    pub passed_over: Vec<String>,
}

/// Gives every file of the tarball in `reader` to `visit`, and returns the footprint of the
/// unpacked package with the links that are not in it.
pub fn read_node_package(
    reader: impl Read,
    limits: TarLimits,
    visit: &mut dyn FnMut(NodeFile<'_>) -> Result<(), ArchiveError>,
) -> Result<NodePackageRead, ArchiveError> {
    let mut reader = BufReader::with_capacity(64 * 1024, reader);
    let is_compressed = reader.fill_buf().map_err(ArchiveError::of_read)?.starts_with(&[0x1f, 0x8b]);
    let stream: Box<dyn Read + '_> =
        if is_compressed { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) };
    // Headers, padding and names come on top of the files.
    let most = limits.max_bytes.saturating_add(limits.max_entries.saturating_mul(2048));
    let mut archive = tar::Archive::new(stream.take(most));
    let mut seen = Seen::new(limits);
    let mut passed_over = Vec::new();
    for entry in archive.entries().map_err(ArchiveError::of_read)? {
        let mut entry = entry.map_err(ArchiveError::of_read)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let is_copy = match entry.header().entry_type() {
            // Old writers mark a directory by its slash alone.
            EntryType::Regular | EntryType::Continuous if name.ends_with('/') => continue,
            EntryType::Regular | EntryType::Continuous => false,
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            EntryType::Symlink => {
                seen.count_name(&name)?;
                passed_over.push(name);
                continue;
            }
            EntryType::Link => true,
            _ => {
                return Err(ArchiveError::EntryType { path: name, kind: "device or another special file" });
            }
        };
        let Some(path) = stripped(&name)? else { continue };
        let executable = entry.header().mode().map_err(ArchiveError::of_read)? & 0o111 != 0;
        if is_copy {
            let target = entry.link_name_bytes().map(|target| String::from_utf8_lossy(&target).into_owned());
            let target = target.and_then(|target| stripped(&target).ok()?);
            let Some((target, size)) =
                target.and_then(|target| seen.size_of(&target).map(|size| (target, size)))
            else {
                seen.count_name(&name)?;
                passed_over.push(name);
                continue;
            };
            if target != path {
                let replaces = seen.claim(&path, size)?;
                let content = &mut io::empty();
                visit(NodeFile { path: &path, executable, replaces, copy_of: Some(&target), content })?;
            }
            continue;
        }
        let replaces = seen.claim(&path, entry.size())?;
        visit(NodeFile { path: &path, executable, replaces, copy_of: None, content: &mut entry })?;
    }
    Ok(NodePackageRead { footprint: seen.footprint(), passed_over })
}

/// The path without its first part, and without parts that lead nowhere (`.`, or nothing between two
/// slashes); `None` if nothing remains.
fn stripped(name: &str) -> Result<Option<EntryPath>, ArchiveError> {
    let Some((first, rest)) = name.split_once('/') else { return Ok(None) };
    // `../x`, `/x` and `package//x` are nothing that npm ever packed.
    if matches!(first, "" | "..") || rest.starts_with('/') {
        let whole: EntryPath = name.parse()?;
        return Ok(Some(whole));
    }
    let parts: Vec<&str> = rest.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.is_empty() { Ok(None) } else { Ok(Some(parts.join("/").parse()?)) }
}

/// Reads everything of `content`, up to `limit` bytes.
pub fn read_small(content: &mut dyn Read, limit: u64) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    let count = content.take(limit + 1).read_to_end(&mut bytes).map_err(ArchiveError::of_read)?;
    if count as u64 > limit {
        return Err(ArchiveError::Damaged(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "a file is too large",
        )));
    }
    Ok(bytes)
}

//! Tar entries of ustar, GNU tar and pax.
//!
//! Source: POSIX.1-2017 `pax`, and GNU tar's manual, "Basic Tar Format".

use std::io::Read;

use attune_schemas::EntryPath;
use tar::{EntryType, Header, PaxExtensions};

use super::super::blocks::{Blocks, damaged};
use super::super::entries::read_long_name;
use super::super::error::ArchiveError;
use super::tree::NewTree;

/// The longest pax header, in bytes.
const MAX_PAX_BYTES: u64 = 1 << 20;
/// The most zeros after the end of an archive: the largest record that tools write.
const MAX_PADDING_BYTES: u64 = 16 << 20;

/// What entries before a file say of it.
#[derive(Default)]
struct Extensions {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
}

/// Unpacks the archive in `reader`.
pub(super) fn unpack(reader: impl Read, tree: &mut NewTree<'_>) -> Result<(), ArchiveError> {
    let mut blocks = Blocks::new(reader);
    let mut extensions = Extensions::default();
    while let Some(header) = blocks.next_header()? {
        match header.entry_type() {
            EntryType::GNULongName => {
                tree.count(blocks.remaining())?;
                extensions.path = Some(read_long_name(&mut blocks)?);
            }
            EntryType::GNULongLink => {
                tree.count(blocks.remaining())?;
                extensions.target = Some(read_long_name(&mut blocks)?);
            }
            EntryType::XHeader => {
                tree.count(blocks.remaining())?;
                let records = blocks.read_small(MAX_PAX_BYTES, "bytes in a pax header")?;
                extensions.read(&records)?;
            }
            // git names the commit in it; nothing in one may rename all files.
            EntryType::XGlobalHeader => {
                tree.count(blocks.remaining())?;
                blocks.read_small(MAX_PAX_BYTES, "bytes in a pax header")?;
            }
            _ => entry(&header, std::mem::take(&mut extensions), &mut blocks, tree)?,
        }
    }
    blocks.finish(MAX_PADDING_BYTES)
}

fn entry(
    header: &Header,
    extensions: Extensions,
    blocks: &mut Blocks<impl Read>,
    tree: &mut NewTree<'_>,
) -> Result<(), ArchiveError> {
    if let Some(size) = extensions.size {
        blocks.resize(size);
    }
    let name = extensions.path.unwrap_or_else(|| header.path_bytes().into_owned());
    let name = String::from_utf8_lossy(&name).into_owned();
    let target = extensions.target.or_else(|| header.link_name_bytes().map(std::borrow::Cow::into_owned));
    let target = || String::from_utf8_lossy(target.as_deref().unwrap_or_default()).into_owned();
    let kind = match header.entry_type() {
        EntryType::Directory => return directory(&name, blocks, tree),
        // Old writers mark a directory by its slash alone.
        EntryType::Regular | EntryType::Continuous if name.ends_with('/') => {
            return directory(&name, blocks, tree);
        }
        EntryType::Regular | EntryType::Continuous => {
            let executable = header.mode().map_err(ArchiveError::of_read)? & 0o100 != 0;
            let size = blocks.remaining();
            return tree.file(&path_of(&name)?, executable, size, blocks);
        }
        EntryType::Symlink => return tree.link(&path_of(&name)?, &target()),
        EntryType::Link => {
            let path = path_of(&name)?;
            let of = path_of(&target()).map_err(|_| ArchiveError::LinkOut { path: path.to_string() })?;
            return tree.copy(&path, &of);
        }
        EntryType::Char => "character device",
        EntryType::Block => "block device",
        EntryType::Fifo => "fifo",
        EntryType::GNUSparse => "sparse file",
        _ => "special entry",
    };
    Err(ArchiveError::EntryType { path: name, kind })
}

fn directory(name: &str, blocks: &Blocks<impl Read>, tree: &mut NewTree<'_>) -> Result<(), ArchiveError> {
    if blocks.remaining() != 0 {
        return Err(damaged("a directory with content"));
    }
    match without_dots(name.trim_end_matches('/')) {
        // The directory that was archived itself.
        "" | "." if !name.starts_with('/') => tree.count(0),
        name => tree.directory(&name.parse::<EntryPath>()?),
    }
}

fn path_of(name: &str) -> Result<EntryPath, ArchiveError> {
    Ok(without_dots(name).parse()?)
}

/// `name` without the `./` that `tar -C DIRECTORY .` puts before it.
fn without_dots(mut name: &str) -> &str {
    while let Some(rest) = name.strip_prefix("./") {
        name = rest;
    }
    name
}

impl Extensions {
    /// Takes what counts from the records of a pax header.
    fn read(&mut self, records: &[u8]) -> Result<(), ArchiveError> {
        for record in PaxExtensions::new(records) {
            let record = record.map_err(ArchiveError::of_read)?;
            match record.key_bytes() {
                b"path" => self.path = Some(record.value_bytes().to_vec()),
                b"linkpath" => self.target = Some(record.value_bytes().to_vec()),
                b"size" => {
                    let size = record.value().ok().and_then(|size| size.parse::<u64>().ok());
                    let size = size.filter(|size| *size <= u64::MAX / 2);
                    self.size = Some(size.ok_or_else(|| damaged("a pax header with a size that is none"))?);
                }
                key if key.starts_with(b"GNU.sparse.") => {
                    let path = String::from_utf8_lossy(self.path.as_deref().unwrap_or_default()).into_owned();
                    return Err(ArchiveError::EntryType { path, kind: "sparse file" });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

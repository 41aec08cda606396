//! Writes a pack archive whose bytes depend on nothing but the pack's files.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use attune_schemas::EntryPath;
use attune_schemas::environment_lock::Footprint;
use tar::{EntryType, Header};

use super::error::ArchiveError;

/// 1980-01-01, the earliest time that zip can tell too; every entry carries it.
const ENTRY_MTIME_SECONDS: u64 = 315_532_800;
/// A pack archive is written once and read many times.
const COMPRESSION_LEVEL: i32 = 19;
/// The level for much data, where the first would take minutes to save little.
const LEVEL_OF_MUCH_DATA: i32 = 9;
/// So many bytes of files are much data.
const MUCH_DATA_BYTES: u64 = 64 << 20;

/// A file that goes into a pack archive.
pub struct SourceFile<'a> {
    /// Whether it may be executed.
    pub executable: bool,
    /// Its size in bytes.
    pub size: u64,
    /// Opens it; called once, when its turn comes.
    pub open: Box<dyn FnOnce() -> io::Result<Box<dyn Read>> + 'a>,
}

/// A pack archive that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackArchive {
    /// The footprint of the unpacked files.
    pub unpacked: Footprint,
}

/// A header for a regular file or directory, with everything variable left out.
pub(crate) fn tar_header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(ENTRY_MTIME_SECONDS);
    header.set_size(size);
    header
}

/// Writes `files` as a pack archive to `writer`.
pub fn write_pack(
    files: BTreeMap<EntryPath, SourceFile<'_>>,
    writer: impl Write,
) -> Result<PackArchive, ArchiveError> {
    // By what the files say alone, so that the bytes depend on nothing else.
    let total: u64 = files.values().map(|file| file.size).sum();
    let level = if total > MUCH_DATA_BYTES { LEVEL_OF_MUCH_DATA } else { COMPRESSION_LEVEL };
    let mut encoder = zstd::Encoder::new(writer, level)?;
    encoder.include_checksum(true)?;
    // 8 MiB: every reader of ours decodes it, and the level chooses no other.
    encoder.window_log(23)?;
    let mut builder = tar::Builder::new(encoder);
    let mut unpacked = Footprint::default();
    // The root directory of the unpacked pack itself.
    unpacked.add_directory();

    let mut tree: BTreeMap<EntryPath, Option<SourceFile<'_>>> = BTreeMap::new();
    for (path, file) in files {
        let mut ancestor = path.parent();
        while let Some(directory) = ancestor {
            ancestor = directory.parent();
            tree.entry(directory).or_insert(None);
        }
        tree.insert(path, Some(file));
    }
    for (path, file) in tree {
        match file {
            None => {
                let mut header = tar_header(EntryType::Directory, 0o755, 0);
                builder.append_data(&mut header, format!("{path}/"), io::empty())?;
                unpacked.add_directory();
            }
            Some(file) => append_file(&mut builder, &path, file, &mut unpacked)?,
        }
    }
    builder.into_inner()?.finish()?.flush()?;
    Ok(PackArchive { unpacked })
}

fn append_file(
    builder: &mut tar::Builder<impl Write>,
    path: &EntryPath,
    file: SourceFile<'_>,
    unpacked: &mut Footprint,
) -> Result<(), ArchiveError> {
    let mode = if file.executable { 0o755 } else { 0o644 };
    let mut header = tar_header(EntryType::Regular, mode, file.size);
    let mut content = (file.open)()?.take(file.size);
    builder.append_data(&mut header, path.as_str(), &mut content)?;
    if content.limit() != 0 {
        let message = format!("`{path}` became shorter while it was archived");
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message).into());
    }
    unpacked.add_file(file.size);
    Ok(())
}

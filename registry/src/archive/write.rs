//! Writes a pack archive whose bytes depend on nothing but the pack's files.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use attune_schemas::EntryPath;
use attune_schemas::environment_lock::Footprint;
use tar::{EntryType, Header};

use super::error::ArchiveError;
use super::frames::write_frames;

/// 1980-01-01, the earliest time that zip can tell too; every entry carries it.
const ENTRY_MTIME_SECONDS: u64 = 315_532_800;
/// The bytes of an entry beside its content, at the least.
const ENTRY_OVERHEAD_BYTES: u64 = 512;
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
    let total = files.values().map(|file| file.size.saturating_add(ENTRY_OVERHEAD_BYTES)).sum();
    write_frames(writer, total, |frames| {
        let unpacked = write_tree(files, frames, |_| {})?;
        Ok(PackArchive { unpacked })
    })
}

/// Writes `files` as a tar to `writer`; `visit` is told of each entry before it is written.
pub(super) fn write_tree(
    files: BTreeMap<EntryPath, SourceFile<'_>>,
    writer: impl Write,
    mut visit: impl FnMut(&EntryPath),
) -> Result<Footprint, ArchiveError> {
    let mut builder = tar::Builder::new(writer);
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
        visit(&path);
        match file {
            None => {
                let mut header = tar_header(EntryType::Directory, 0o755, 0);
                builder.append_data(&mut header, format!("{path}/"), io::empty())?;
                unpacked.add_directory();
            }
            Some(file) => append_file(&mut builder, &path, file, &mut unpacked)?,
        }
    }
    builder.into_inner()?;
    Ok(unpacked)
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

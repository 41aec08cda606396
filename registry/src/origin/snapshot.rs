//! The files of a commit as one file for the cache: the same for everyone who has the commit.

use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tar::EntryType;

use crate::archive::tar_header;

/// The level of zstd, quick rather than small.
const LEVEL: i32 = 1;

/// Writes everything below `directory` to `writer`, in the order of names.
pub(super) fn write_snapshot(directory: &Path, writer: impl Write) -> io::Result<()> {
    let mut builder = tar::Builder::new(zstd::Encoder::new(writer, LEVEL)?);
    add(&mut builder, directory, directory)?;
    builder.into_inner()?.finish()?.flush()
}

fn add(builder: &mut tar::Builder<impl Write>, top: &Path, directory: &Path) -> io::Result<()> {
    let mut entries = fs_err::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|one, other| one.file_name().as_bytes().cmp(other.file_name().as_bytes()));
    for entry in entries {
        let (place, kind) = (entry.path(), entry.file_type()?);
        let name = place.strip_prefix(top).map_err(io::Error::other)?.to_owned();
        if kind.is_dir() {
            add(builder, top, &place)?;
        } else if kind.is_symlink() {
            let mut header = tar_header(EntryType::Symlink, 0o777, 0);
            builder.append_link(&mut header, name, fs_err::read_link(&place)?)?;
        } else {
            let metadata = fs_err::metadata(&place)?;
            let mode = if metadata.permissions().mode() & 0o100 == 0 { 0o644 } else { 0o755 };
            let mut header = tar_header(EntryType::Regular, mode, metadata.len());
            builder.append_data(&mut header, name, fs_err::File::open(&place)?)?;
        }
    }
    Ok(())
}

//! Archives as other programs write them, unpacked as if an enemy had written them: tar, plain or compressed, and zip.
//!
//! ```text
//! format   which of them a file is, by its first bytes
//! tar      ustar, GNU and pax entries
//! zip      entries of the central directory
//! tree     the one place where anything is written
//! ```
//!
//! Beside files and directories there may be symbolic links that stay inside, and hard links to earlier files, which
//! become copies. Devices, paths and links that lead out, names that collide (also by case), encrypted entries, and
//! more entries or bytes than allowed are refused. Of modes the right to execute alone counts.

mod format;
mod tar;
#[cfg(test)]
mod tests;
mod tree;
mod zip;

use std::io::{BufReader, Read};
use std::path::Path;

pub use format::ForeignFormat;

use super::entries::TarLimits;
use super::error::ArchiveError;
use crate::process::Interrupt;
use tree::NewTree;

/// The most that an archive may unpack to, in bytes.
const MAX_BYTES: u64 = 4 << 30;
/// What an archive of any size may unpack to, in bytes.
const FLOOR_BYTES: u64 = 64 << 20;
/// The most bytes for each byte of an archive, beyond [`FLOOR_BYTES`]: a bomb has far more.
const MAX_RATIO: u64 = 250;

/// The most that an archive of so many bytes may hold.
const fn limits(archive_bytes: u64) -> TarLimits {
    let bytes = archive_bytes.saturating_mul(MAX_RATIO).saturating_add(FLOOR_BYTES);
    let max_bytes = if bytes < MAX_BYTES { bytes } else { MAX_BYTES };
    TarLimits { max_entries: 100_000, max_bytes, max_name_bytes: 16 << 20 }
}

/// Unpacks the archive at `path` into `destination`, an empty directory; `None` if it is no archive of a known
/// format, and then nothing is written. When this fails, the caller removes `destination`.
///
/// # Errors
/// It is damaged or refused, or a disk failed.
pub fn unpack_foreign(
    path: &Path,
    destination: &Path,
    interrupt: &Interrupt,
) -> Result<Option<ForeignFormat>, ArchiveError> {
    let Some(format) = ForeignFormat::of_file(path)? else { return Ok(None) };
    let limits = limits(fs_err::metadata(path)?.len());
    let mut tree = NewTree::new(destination, limits, interrupt);
    match format.decoder(BufReader::with_capacity(128 * 1024, fs_err::File::open(path)?))? {
        Some(decoder) => tar::unpack(decoder, &mut tree)?,
        None => zip::unpack(path, &limits, &mut tree)?,
    }
    tree.finish()?;
    Ok(Some(format))
}

/// A stream of a tar archive.
type Decoder<'a> = Box<dyn Read + 'a>;

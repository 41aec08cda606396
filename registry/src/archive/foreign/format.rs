//! Which kind of archive a file is.

use std::fmt;
use std::io::{BufRead, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::{ArchiveError, Decoder};

/// The memory that an xz stream may ask for, in KiB.
const MAX_XZ_KIB: u32 = 256 << 10;
/// The largest zstd window that is decoded, as a power of two: 128 MiB, as `zstd --long` writes.
const MAX_WINDOW_LOG: u32 = 27;
/// Where a tar header says what it is.
const TAR_MAGIC: std::ops::Range<usize> = 257..262;

/// A kind of archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignFormat {
    /// A tar archive.
    Tar,
    /// One in gzip.
    TarGz,
    /// One in zstd.
    TarZst,
    /// One in xz.
    TarXz,
    /// A zip archive.
    Zip,
}

impl ForeignFormat {
    /// The endings of the names of such files.
    pub const SUFFIXES: [&'static str; 9] =
        [".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.xz", ".txz", ".tar", ".zip", ".tar.zstd"];

    /// Whether a file of this name should be an archive.
    pub fn is_named(name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        Self::SUFFIXES.iter().any(|suffix| name.len() > suffix.len() && name.ends_with(suffix))
    }

    /// The kind of the file at `path`, by its first bytes.
    pub fn of_file(path: &Path) -> Result<Option<Self>, ArchiveError> {
        let mut start = Vec::new();
        fs_err::File::open(path)?.take(512).read_to_end(&mut start)?;
        Ok(Self::of_start(&start))
    }

    fn of_start(start: &[u8]) -> Option<Self> {
        let is_tar = start.get(TAR_MAGIC) == Some(b"ustar");
        match start {
            [0x1f, 0x8b, ..] => Some(Self::TarGz),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::TarZst),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::TarXz),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            _ if is_tar => Some(Self::Tar),
            _ => None,
        }
    }

    /// The tar stream in `reader`; `None` of a zip archive, which is no stream.
    pub(super) fn decoder<'a>(self, reader: impl BufRead + 'a) -> Result<Option<Decoder<'a>>, ArchiveError> {
        Ok(Some(match self {
            Self::Tar => Box::new(reader),
            Self::TarGz => Box::new(MultiGzDecoder::new(reader)),
            Self::TarZst => {
                let mut decoder = zstd::Decoder::with_buffer(reader).map_err(ArchiveError::of_read)?;
                decoder.window_log_max(MAX_WINDOW_LOG)?;
                Box::new(decoder)
            }
            Self::TarXz => Box::new(lzma_rust2::XzReader::new_mem_limit(reader, true, MAX_XZ_KIB)),
            Self::Zip => return Ok(None),
        }))
    }
}

impl fmt::Display for ForeignFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tar => "tar",
            Self::TarGz => "tar.gz",
            Self::TarZst => "tar.zst",
            Self::TarXz => "tar.xz",
            Self::Zip => "zip",
        })
    }
}

//! Archives: the pack archive is written deterministically and read as if an enemy had written it; npm
//! packages are read only.
//!
//! ```text
//! pack.tar.zst    GNU tar entries sorted by path: directories 0755, files 0644 or 0755,
//!                 owner 0:0, mtime 1980-01-01; zstd frames, each of 4 MiB of the tar, the last of what
//!                 is left, with their sizes and checksums
//! ```
//!
//! A reader takes regular files and directories only. Links, devices, absolute or climbing paths,
//! names that collide (also by case), and more entries or bytes than allowed are refused.

mod blocks;
mod claims;
mod difference;
mod entries;
mod error;
#[cfg(feature = "origins")]
mod foreign;
mod frame;
mod frames;
mod node_package;
mod unpack;
mod write;
#[cfg(any(feature = "origins", feature = "wheels"))]
mod zip_records;

pub use difference::difference;
pub use entries::{EntryKind, TarEntry, TarLimits, TarStream};
pub use error::ArchiveError;
#[cfg(feature = "origins")]
pub use foreign::{ForeignFormat, unpack_foreign};
pub use node_package::{
    NODE_PACKAGE_LIMITS, NodeFile, NodePackageRead, read_node_manifest, read_node_package, read_small,
};
pub use unpack::{PACK_LIMITS, check_pack, extract_pack, unpack_pack};
pub use write::{PackArchive, SourceFile, write_pack};

pub(crate) use frames::write_frames;
pub(crate) use write::tar_header;
#[cfg(all(test, feature = "wheels"))]
pub(crate) use zip_records::RECORD_SIGNATURE;
#[cfg(feature = "wheels")]
pub(crate) use zip_records::count_records;

/// The largest zstd window that is decoded, as a power of two: 16 MiB, which bounds memory.
pub(crate) const MAX_WINDOW_LOG: u32 = 24;

//! Bundles: written by [`write_bundle`], read once from front to back by [`BundleSource`].
//!
//! ```text
//! bundle.tar.zst    zstd frames with content checksums, as of a pack archive, of a tar of regular files:
//!   bundle.json     the request and what it resolved to; advisory
//!   metadata/*      the TUF metadata
//!   packs/*         the pack indexes of the releases
//!   oci-layout index.json
//!   blobs/sha256/*  release manifests, configs, pack archives, then vendored files, largest first
//! ```
//!
//! In that order, so that an installer has verified and resolved before the first large blob comes
//! by, and reads the file once. Unpacked, a bundle is a registry directory.

mod files;
pub mod oci_index;
mod read;
mod write;

pub use files::{ArchiveFiles, ArchiveStream, read_archive, write_archive};
pub use read::BundleSource;
pub use write::{BundleContent, BundleError, write_bundle};

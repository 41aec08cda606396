//! Writing bundles; [`crate::source::BundleSource`] reads them.
//!
//! ```text
//! bundle.tar.zst    one zstd frame with a content checksum around a tar of regular files:
//!   bundle.json     what was asked for and resolved; advisory
//!   metadata/*      the TUF metadata
//!   packs/*         the pack indexes of the releases
//!   oci-layout index.json
//!   blobs/sha256/*  release manifests, configs, pack archives, then vendored files, largest first
//! ```
//!
//! In that order, so that an installer has verified and resolved before the first large blob comes
//! by, and reads the file once. Unpacked, a bundle is a registry directory.

mod write;

pub use write::{BundleContent, BundleError, write_bundle};

//! A file that travels with a release.

use std::path::PathBuf;

use attune_schemas::Digest;

/// A vendored file in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendoredFile {
    /// Its media type, for the release manifest.
    pub media_type: &'static str,
    /// Its name as published.
    pub filename: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Where its bytes are; checked when this value was made.
    pub path: PathBuf,
}

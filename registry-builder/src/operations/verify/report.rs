//! What was verified, and what is damaged.

use std::path::PathBuf;

use attune_registry::contents::{Damage, Roots};
use attune_registry::report::Report;
use schemars::JsonSchema;
use serde::Serialize;

/// Everything that was checked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// The registry or bundle, as it was named.
    pub source: PathBuf,
    /// The registry's name.
    pub registry: String,
    /// Its roots.
    #[serde(flatten)]
    pub roots: Roots,
    /// Until when hosts accept it: the date of the role that expires first.
    pub expires_at: String,
    /// The roles whose metadata is expired.
    pub expired: Vec<String>,
    /// Number of metadata files whose signatures were checked.
    pub metadata: usize,
    /// Number of indexes of packs and runtimes.
    pub indexes: usize,
    /// Number of releases.
    pub releases: usize,
    /// Number of blobs.
    pub blobs: usize,
    /// Bytes of the blobs.
    pub bytes: u64,
    /// Number of blobs in a directory that nothing refers to.
    pub unreferenced: usize,
    /// The files that are damaged or missing.
    pub damaged: Vec<Damage>,
}

impl Report for VerifyReport {
    const FORMAT: &'static str = "attune-build.verify/v1";
}

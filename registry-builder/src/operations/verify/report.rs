//! What was verified, and what is damaged.

use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::problem::FindingCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::operations::opened::Roots;

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

/// A file that is damaged or missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Damage {
    /// The stable code.
    pub code: FindingCode,
    /// The file, relative to the registry or bundle.
    pub file: String,
    /// The fault.
    pub reason: String,
}

impl Damage {
    /// The damage `reason` of `file`.
    pub(super) fn new(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { code: FindingCode::PublishedFile, file: file.into(), reason: reason.into() }
    }

    /// `error` of `file`, with its causes.
    pub(super) fn of(file: &(impl ToString + ?Sized), error: &dyn std::error::Error) -> Self {
        let mut reason = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            reason = format!("{reason}: {cause}");
            next = cause.source();
        }
        Self::new(file.to_string(), reason)
    }
}

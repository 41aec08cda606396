//! The document of a download: the output of Attune's action `core.download_packs`.

use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::problem::ErrorCode;
use attune_schemas::tuf::RegistryName;
use attune_schemas::{PackRef, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Downloads, SourceFailure};
use crate::operations::stages::pack_file::with_causes;

/// The packs that were downloaded, in the form of `core.download_packs`.
///
/// Beside Attune's fields it has `destination_dir`, `signed` and `registry` of a pack, and `code` of a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DownloadReport {
    /// The directory that the packs are in.
    pub destination_dir: PathBuf,
    /// The packs, in the order of their sources.
    pub downloaded_packs: Vec<DownloadedPack>,
    /// The sources that failed.
    pub failed_packs: Vec<FailedSource>,
    /// The number of both.
    pub total_count: usize,
    /// The number of packs.
    pub success_count: usize,
    /// The number of sources that failed.
    pub failure_count: usize,
}

impl Report for DownloadReport {
    const FORMAT: &'static str = "attune-install.download/v1";
}

/// A pack that was downloaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DownloadedPack {
    /// The source, as it was named, without secrets.
    pub source: String,
    /// The kind of the source.
    pub source_type: SourceType,
    /// The pack's directory.
    pub pack_path: PathBuf,
    /// The pack.
    pub pack_ref: PackRef,
    /// Its version.
    pub pack_version: Version,
    /// The commit, in full; null where the source is no git repository.
    pub git_commit: Option<String>,
    /// `sha256:` and the digest of the archive; of a directory or repository that of its files by Attune's rule,
    /// without `.git`.
    pub checksum: String,
    /// Whether a registry that the host trusts signed it.
    pub signed: bool,
    /// The registry that signed it; absent where nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<RegistryName>,
}

/// The kinds of sources, in Attune's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceType {
    /// A git repository.
    Git,
    /// An archive behind a URL.
    Archive,
    /// A directory of this machine.
    LocalDirectory,
    /// An archive of this machine.
    LocalArchive,
    /// A registry.
    Registry,
    /// A bundle, which Attune has no word for.
    Bundle,
}

impl SourceType {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Archive => "archive",
            Self::LocalDirectory => "directory",
            Self::LocalArchive => "local archive",
            Self::Registry => "registry",
            Self::Bundle => "bundle",
        }
    }
}

/// A source that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedSource {
    /// The source, as it was named, without secrets.
    pub source: String,
    /// The failure, with its causes.
    pub error: String,
    /// Its code.
    pub code: ErrorCode,
}

impl Downloads {
    /// The document.
    pub fn report(&self) -> DownloadReport {
        let failed = |(source, failure): &(String, SourceFailure)| FailedSource {
            source: source.clone(),
            error: with_causes(failure),
            code: failure.final_code(),
        };
        DownloadReport {
            destination_dir: self.destination.clone(),
            downloaded_packs: self.packs.clone(),
            failed_packs: self.failed.iter().map(failed).collect(),
            total_count: self.packs.len() + self.failed.len(),
            success_count: self.packs.len(),
            failure_count: self.failed.len(),
        }
    }
}

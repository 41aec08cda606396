//! The `pack.yaml` of a directory.

use std::io;
use std::path::Path;

use attune_registry::machine_fault::causes;
use attune_registry::pack_directory::{PackDirectory, PackDirectoryError};
use attune_registry::report::without_secrets;
use attune_schemas::diagnostics::{Finding, Findings, Severity};
use attune_schemas::pack::{PACK_FILE, PackMetadata, read_pack};
use attune_schemas::problem::ErrorCode;

use crate::failure::Failed;

/// Why a directory tells of no pack.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackFileError {
    /// It is no directory, or has files that no pack has.
    #[error(transparent)]
    Directory(#[from] PackDirectoryError),
    /// It has no `pack.yaml`.
    #[error("`{0}` holds no pack: there is no pack.yaml in it")]
    Missing(String),
    /// Its `pack.yaml` names no pack.
    #[error("`{directory}` holds no pack that can be used: {finding}")]
    Malformed {
        /// The directory, as it was named.
        directory: String,
        /// The first defect, with its place.
        finding: String,
    },
    /// Its `pack.yaml` cannot be read.
    #[error("the pack.yaml of `{directory}` cannot be read")]
    Io {
        /// The directory, as it was named.
        directory: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl Failed for PackFileError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Directory(error) => error.code(),
            Self::Missing(_) => ErrorCode::NotAPack,
            Self::Malformed { .. } => ErrorCode::LintErrors,
            Self::Io { .. } => ErrorCode::PackAccess,
        }
    }
}

/// The files and the metadata of the pack in `directory`.
pub(super) fn open_pack(directory: &Path) -> Result<(PackDirectory, PackMetadata), PackFileError> {
    let shown = directory.display().to_string();
    let pack = PackDirectory::open(directory)?;
    let path = PACK_FILE.parse().expect("it is a path");
    if pack.place(&path).is_none() {
        return Err(PackFileError::Missing(shown));
    }
    let text =
        pack.read_text(&path).map_err(|source| PackFileError::Io { directory: shown.clone(), source })?;
    let mut findings = Findings::new();
    let metadata = read_pack(&text, &mut findings).ok_or_else(|| PackFileError::Malformed {
        directory: shown,
        finding: first_error(&findings).map(told).unwrap_or_default(),
    })?;
    Ok((pack, metadata))
}

/// The first error among `findings`.
pub(super) fn first_error(findings: &Findings) -> Option<&Finding> {
    findings.iter().find(|finding| finding.severity == Severity::Error)
}

/// A finding in one line.
pub(super) fn told(finding: &Finding) -> String {
    format!("{}:{}: {}", finding.file, finding.line, finding.message)
}

/// An error with its causes, in one line and without secrets.
pub(super) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = cause.to_string();
        // A transparent error says the same as its source.
        if parts.last() != Some(&text) {
            parts.push(text);
        }
    }
    without_secrets(&parts.join(": ")).into_owned()
}

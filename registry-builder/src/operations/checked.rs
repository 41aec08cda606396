//! Packs as they are checked before anything is built of them: every finding at once, secrets among them.

use std::path::PathBuf;

use attune_registry::pack_directory::{PackDirectory, PackDirectoryError, Secret};
use attune_schemas::PackRef;
use attune_schemas::lint::{Findings, LintReport, Severity};
use attune_schemas::pack::PackMetadata;
use serde::Serialize;

/// A pack that passed.
pub(super) struct CheckedPack {
    pub(super) directory: PackDirectory,
    pub(super) metadata: PackMetadata,
    pub(super) report: LintReport,
}

/// The faults of one pack.
#[derive(Debug, Clone, Serialize)]
pub struct PackFaults {
    /// The pack, as it was named.
    pub pack: String,
    /// The linter's findings.
    pub findings: Findings,
    /// The files that hold secrets.
    pub secrets: Vec<Secret>,
}

/// Packs that have errors, or hold secrets.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct LintFailure {
    /// Everything that was found, by pack.
    pub packs: Vec<PackFaults>,
}

impl LintFailure {
    /// The number of errors.
    pub fn errors(&self) -> usize {
        self.packs.iter().map(|pack| pack.findings.count(Severity::Error)).sum()
    }

    /// The number of files that hold secrets.
    pub fn secrets(&self) -> usize {
        self.packs.iter().map(|pack| pack.secrets.len()).sum()
    }

    fn sentence(&self) -> String {
        let names =
            self.packs.iter().map(|faults| format!("`{}`", faults.pack)).collect::<Vec<_>>().join(", ");
        let counts = match (self.errors(), self.secrets()) {
            (errors, 0) => counted(errors, "error"),
            (0, secrets) => format!("{} with secrets", counted(secrets, "file")),
            (errors, secrets) => {
                format!("{} and {} with secrets", counted(errors, "error"), counted(secrets, "file"))
            }
        };
        let files = self.packs.iter().flat_map(|faults| {
            let pack = faults.pack.trim_end_matches('/').to_owned();
            faults.secrets.iter().map(move |secret| format!("\n  {pack}/{}: {}", secret.file, secret.holds))
        });
        format!("{counts} in {names}; nothing was added{}", files.collect::<String>())
    }
}

/// Why packs cannot be checked, or did not pass.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// They did not pass.
    #[error(transparent)]
    Lint(#[from] LintFailure),
    /// A directory is not one of a pack.
    #[error(transparent)]
    Directory(#[from] PackDirectoryError),
    /// Two of the packs have the same ref.
    #[error("`{}` and `{}` are both pack `{pack}`", first.display(), second.display())]
    SamePack {
        /// The pack.
        pack: PackRef,
        /// The first.
        first: PathBuf,
        /// The second.
        second: PathBuf,
    },
}

/// Checks every pack before the first is built, so that all findings are seen at once.
pub(super) fn check_all(paths: &[PathBuf], include_secrets: bool) -> Result<Vec<CheckedPack>, CheckError> {
    let mut packs: Vec<CheckedPack> = Vec::new();
    let mut failed: Vec<PackFaults> = Vec::new();
    for path in paths {
        let directory = PackDirectory::open(path)?;
        let report = directory.lint();
        let secrets = if include_secrets {
            Vec::new()
        } else {
            directory.secrets().map_err(PackDirectoryError::from)?
        };
        match report.metadata.clone() {
            Some(metadata) if !report.findings.has_errors() && secrets.is_empty() => {
                if let Some(other) = packs.iter().find(|other| other.metadata.pack == metadata.pack) {
                    let first = other.directory.path().to_owned();
                    return Err(CheckError::SamePack { pack: metadata.pack, first, second: path.clone() });
                }
                packs.push(CheckedPack { directory, metadata, report });
            }
            _ => {
                let (pack, findings) = (path.display().to_string(), report.findings);
                failed.push(PackFaults { pack, findings, secrets });
            }
        }
    }
    if failed.is_empty() { Ok(packs) } else { Err(LintFailure { packs: failed }.into()) }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

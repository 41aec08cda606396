//! Packs as they are checked before anything is built of them: every finding at once, secrets among them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_registry::pack_directory::{PackDirectory, PackDirectoryError, Secret};
use attune_registry::workers::in_parallel;
use attune_schemas::PackRef;
use attune_schemas::lint::{Findings, LintReport, Severity};
use attune_schemas::pack::PackMetadata;
use schemars::JsonSchema;
use serde::Serialize;

/// A pack that passed.
pub(super) struct CheckedPack {
    pub(super) directory: PackDirectory,
    pub(super) metadata: PackMetadata,
    pub(super) report: LintReport,
}

/// The faults of one pack.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
    /// What that led to, such as `; nothing was added`.
    pub consequence: &'static str,
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
        format!("{counts} in {names}{}{}", self.consequence, files.collect::<String>())
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

/// A pack with all that was found.
pub(super) struct Checked {
    pub(super) directory: PackDirectory,
    pub(super) report: LintReport,
    pub(super) secrets: Vec<Secret>,
}

impl Checked {
    /// Whether it is fit for release.
    pub(super) fn passes(&self) -> bool {
        self.report.metadata.is_some() && !self.report.findings.has_errors() && self.secrets.is_empty()
    }

    pub(super) fn faults(&self) -> PackFaults {
        PackFaults {
            pack: self.directory.path().display().to_string(),
            findings: self.report.findings.clone(),
            secrets: self.secrets.clone(),
        }
    }
}

/// Checks every pack before the first is built, so that all findings are seen at once.
///
/// # Errors
/// A directory is not one of a pack, or two that pass are the same pack.
pub(super) fn check_all(paths: &[PathBuf], include_secrets: bool) -> Result<Vec<Checked>, CheckError> {
    let checked = in_parallel(paths, |path| check(path, include_secrets));
    let mut packs: Vec<Checked> = Vec::new();
    let mut passing: BTreeMap<PackRef, PathBuf> = BTreeMap::new();
    for (path, checked) in paths.iter().zip(checked) {
        let checked = checked?;
        if let Some(metadata) = checked.report.metadata.as_ref().filter(|_| checked.passes()) {
            let pack = metadata.pack.clone();
            if let Some(first) = passing.insert(pack.clone(), checked.directory.path().to_owned()) {
                return Err(CheckError::SamePack { pack, first, second: path.clone() });
            }
        }
        packs.push(checked);
    }
    Ok(packs)
}

fn check(path: &Path, include_secrets: bool) -> Result<Checked, CheckError> {
    let directory = PackDirectory::open(path)?;
    let report = directory.lint();
    let secrets = if include_secrets { Ok(Vec::new()) } else { directory.secrets() };
    let secrets = secrets.map_err(PackDirectoryError::from)?;
    Ok(Checked { directory, report, secrets })
}

/// The packs, if all of them are fit for release.
pub(super) fn require_all(paths: &[PathBuf], include_secrets: bool) -> Result<Vec<CheckedPack>, CheckError> {
    let checked = check_all(paths, include_secrets)?;
    let failed: Vec<PackFaults> = checked.iter().filter(|pack| !pack.passes()).map(Checked::faults).collect();
    if !failed.is_empty() {
        return Err(LintFailure { packs: failed, consequence: "; nothing was added" }.into());
    }
    let pack = |Checked { directory, report, .. }: Checked| {
        let metadata = report.metadata.clone()?;
        Some(CheckedPack { directory, metadata, report })
    };
    Ok(checked.into_iter().filter_map(pack).collect())
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

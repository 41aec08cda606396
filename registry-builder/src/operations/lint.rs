//! Packs checked as `add` checks them, without a registry; nothing is written.

use std::path::PathBuf;

use attune_registry::pack_directory::{PackDirectory, Secret};
use attune_registry::report::Report;
use attune_schemas::lint::Findings;
use attune_schemas::{EntryPath, PackRef, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::checked::{CheckError, Checked, LintFailure, PackFaults, PackPlace, check_all};

/// The packs to lint.
#[derive(Debug, Clone)]
pub struct LintOptions {
    /// Their directories.
    pub packs: Vec<PathBuf>,
    /// Whether files that hold secrets pass.
    pub include_secrets: bool,
}

/// What was found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LintedPacks {
    /// The packs, in the order in which they were named.
    pub packs: Vec<LintedPack>,
}

impl Report for LintedPacks {
    const FORMAT: &'static str = "attune-build.lint/v1";
}

/// A pack, the files that would be packed, and those that would not.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LintedPack {
    /// Its directory, as it was named.
    pub directory: String,
    /// Its ref, if it has a valid one.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackRef>,
    /// Its version, if it has a valid one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Bytes of its files.
    pub size: u64,
    /// The files that would be packed, sorted by path.
    pub files: Vec<PackedFile>,
    /// The files and directories that are left out, sorted by path.
    pub left_out: Vec<LeftOutFile>,
    /// The linter's findings.
    pub findings: Findings,
    /// The files that hold secrets.
    pub secrets: Vec<Secret>,
}

/// A file that would be packed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PackedFile {
    /// The file.
    pub path: EntryPath,
    /// Its size in bytes.
    pub size: u64,
}

/// A file or directory that is left out.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LeftOutFile {
    /// The file.
    pub path: String,
    /// The reason.
    pub reason: String,
}

/// Lints the packs. The failure, if there is one, is what `add` would fail with.
///
/// # Errors
/// A directory is not one of a pack, or two are the same pack.
pub fn lint(options: &LintOptions) -> Result<(LintedPacks, Option<LintFailure>), CheckError> {
    let places: Vec<_> = options.packs.iter().map(|pack| PackPlace::of_caller(pack)).collect();
    let checked = check_all(&places, options.include_secrets)?;
    let failed: Vec<PackFaults> = checked.iter().filter(|pack| !pack.passes()).map(Checked::faults).collect();
    let packs = checked.into_iter().map(linted).collect();
    let failure = (!failed.is_empty()).then_some(LintFailure { packs: failed, consequence: "" });
    Ok((LintedPacks { packs }, failure))
}

fn linted(checked: Checked) -> LintedPack {
    let Checked { directory, report, secrets, .. } = checked;
    let metadata = report.metadata.as_ref();
    let pack: &PackDirectory = &directory;
    LintedPack {
        directory: pack.path().display().to_string(),
        pack: metadata.map(|metadata| metadata.pack.clone()),
        version: metadata.map(|metadata| metadata.version.clone()),
        size: pack.files().map(|(_, size)| size).sum(),
        files: pack.files().map(|(path, size)| PackedFile { path: path.clone(), size }).collect(),
        left_out: pack
            .left_out()
            .iter()
            .map(|(path, reason)| LeftOutFile { path: path.clone(), reason: reason.to_string() })
            .collect(),
        findings: report.findings,
        secrets,
    }
}

//! Packs checked as `add` checks them, without a registry, and corrected where that was asked for.

mod diff;
mod fixing;

use std::path::PathBuf;

use attune_registry::pack_directory::{PackDirectory, Secret};
use attune_registry::report::Report;
use attune_registry::workers::in_parallel;
use attune_schemas::lint::Findings;
use attune_schemas::{EntryPath, PackRef, Version};
use schemars::JsonSchema;
use serde::Serialize;

pub use fixing::{FileLeftAlone, FixedPackFile, Fixing, PackFixes};

use super::checked::{CheckError, Checked, LintFailure, PackFaults, PackPlace, check_each};
use fixing::Plan;

/// The packs to lint.
#[derive(Debug, Clone)]
pub struct LintOptions {
    /// Their directories.
    pub packs: Vec<PathBuf>,
    /// Whether files that hold secrets pass.
    pub include_secrets: bool,
    /// The treatment of findings whose remedy is certain.
    pub fixing: Fixing,
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
    /// The linter's findings: those that are left, where files were corrected.
    pub findings: Findings,
    /// The corrections.
    pub fixes: PackFixes,
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

/// Lints the packs, and corrects them if that was asked for.
///
/// Every pack that can be read is in the report. The failure, if there is one, is the first that `add` would fail with.
///
/// # Errors
/// A corrected file cannot be written.
pub fn lint(options: &LintOptions) -> Result<(LintedPacks, Option<CheckError>), CheckError> {
    let places: Vec<_> = options.packs.iter().map(|pack| PackPlace::of_caller(pack)).collect();
    let check = || check_each(&places, options.include_secrets);
    let mut each = check();
    let mut plans = in_parallel(&each.packs, |pack| Plan::of(&pack.directory, &pack.report, &each.actions));
    for (pack, plan) in each.packs.iter().zip(&mut plans) {
        match options.fixing {
            Fixing::Count => {}
            Fixing::Show => plan.show(&pack.directory),
            Fixing::Write => plan.write(&pack.directory)?,
        }
    }
    if plans.iter().any(|plan| plan.fixes.written) {
        each = check();
    }
    let failed: Vec<PackFaults> =
        each.packs.iter().filter(|pack| !pack.passes()).map(Checked::faults).collect();
    let failed = (!failed.is_empty()).then_some(LintFailure { packs: failed, consequence: "" });
    let failure = each.failure.or(failed.map(CheckError::from));
    let fixes = plans.into_iter().map(|plan| plan.fixes);
    let packs = each.packs.into_iter().zip(fixes).map(|(pack, fixes)| linted(pack, fixes)).collect();
    Ok((LintedPacks { packs }, failure))
}

fn linted(checked: Checked, fixes: PackFixes) -> LintedPack {
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
        fixes,
        secrets,
    }
}

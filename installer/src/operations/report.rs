//! The report of an installation, and the line that it leaves in the install log.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use attune_host::generation::{PackChange, PackDifference, TestSummary};
use attune_host::inventory::log_operation;
use attune_host::machine::AskedProgram;
use attune_host::process::Operation;
use attune_host::root::HostRoot;
use attune_registry::report::Report;
use attune_schemas::pack_test_result::SuiteResult;
use attune_schemas::{PackRef, Version};
use schemars::JsonSchema;
use serde::Serialize;

use crate::migrations::MigrationReport;
use crate::operations::{PackSetReport, StageTime};
use crate::pack_tests::TestPolicy;
use crate::plan::{HeldBack, KeptNewer};
use crate::trust::FreshnessReport;

/// How an installation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A new generation is active.
    Installed,
    /// Everything was there; nothing was written.
    Unchanged,
    /// It was only looked at; nothing was written.
    Planned,
}

/// The report of an installation.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallReport {
    /// How it ended.
    pub outcome: Outcome,
    /// The installation root.
    pub root: PathBuf,
    /// The registry that the packs came from; where they came from several, that of the first that was asked for.
    pub registry: String,
    /// The active generation.
    pub generation: u64,
    /// The packs that were installed, dependencies first, then those that were there: of all that was asked for, and of
    /// what that depends on.
    pub packs: Vec<PackReport>,
    /// The packs that were removed, or would be.
    pub removed: Vec<PackDifference>,
    /// The declared set that was asked for; absent where packs were named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<PackSetReport>,
    /// Packs of which something newer is installed than what was offered; they stay.
    pub kept_newer: Vec<KeptNewer>,
    /// Packs that the host's rules keep from newer releases that were offered.
    pub held_back: Vec<HeldBack>,
    /// Packs that could not be had, and what those that were installed go without.
    pub left_out: Vec<LeftOut>,
    /// The migrations of packs whose versions changed, in the order in which they ran, or would.
    pub migrations: Vec<MigrationReport>,
    /// Bytes of the blobs that were read from the source.
    pub read_bytes: u64,
    /// The originals that were kept beside it; absent where none were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_originals: Option<KeptOriginals>,
    /// How fresh the registry's metadata was.
    pub freshness: FreshnessReport,
    /// How the packs' tests ended.
    pub tests: Vec<TestReport>,
    /// The programs that were asked whether the host has a runtime.
    pub asked: Vec<AskedProgram>,
    /// How long each stage took.
    pub stages: Vec<StageTime>,
    /// The extent of an installation that was only looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned: Option<PlannedChange>,
}

/// Originals that an installation kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptOriginals {
    /// The number of releases.
    pub releases: usize,
    /// Bytes of the archives and packages that were not kept before.
    pub bytes: u64,
}

/// Something that a pack goes without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// The pack that goes without it, or is left out itself.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// The kind of what it goes without.
    pub kind: LeftOutKind,
    /// Its name: a pack with the versions that would do or were asked for, an environment, or `tests`.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Whether that was asked for by itself, rather than forced.
    pub requested: bool,
}

/// The kinds of things that a pack can go without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeftOutKind {
    /// A pack that was asked for and cannot be had.
    Pack,
    /// Another pack that it needs.
    Dependency,
    /// An environment.
    Environment,
    /// Its tests, which failed or could not run.
    Tests,
}

/// The extent of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlannedChange {
    /// Bytes to read from the source.
    pub fetch_bytes: u64,
    /// Files to read from the source.
    pub blobs: usize,
    /// Trees that the store lacks: packs, packages and interpreters.
    pub trees: usize,
    /// Environments to build.
    pub environments: usize,
    /// Bytes that it takes on disk, at most.
    pub disk_bytes: u64,
    /// Files and directories that it makes, at most.
    pub inodes: u64,
    /// The packs whose own tests would run.
    pub tested: Vec<PackRef>,
}

impl Report for InstallReport {
    const FORMAT: &'static str = "attune-install.install/v1";
}

/// A pack that was installed, or was there.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackReport {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// The change.
    pub change: PackChange,
    /// The version it replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Version>,
    /// The registry that it came from.
    pub registry: String,
    /// Whether nobody but this host signed it.
    pub unsigned: bool,
    /// Whether it was asked for, rather than needed by another.
    pub requested: bool,
    /// Number of components by directory name.
    pub contents: BTreeMap<String, u64>,
    /// Number of packages in its environments, each environment once.
    pub packages: usize,
}

/// How the tests of a pack ended.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestReport {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// The numbers.
    #[serde(flatten)]
    pub summary: TestSummary,
    /// In milliseconds.
    pub duration_ms: u64,
    /// One per runner.
    pub suites: Vec<SuiteResult>,
}

impl InstallReport {
    /// Adds a line to the install log of `root`.
    pub(crate) fn log(&self, root: &HostRoot, tests: TestPolicy, operation: &Operation) -> io::Result<()> {
        let details = serde_json::json!({
            "generation": self.generation,
            "registry": self.registry,
            "packs": self.packs,
            "removed": self.removed,
            "set": self.set,
            "freshness": self.freshness,
            "leftOut": self.left_out,
            "migrations": self.migrations,
            "testPolicy": format!("{tests:?}").to_lowercase(),
        });
        let outcome = if self.outcome == Outcome::Unchanged { "unchanged" } else { "installed" };
        log_operation(root, operation, outcome, &details)
    }
}

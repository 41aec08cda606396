//! The report of an installation, and the line that it leaves in the install log.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use attune_host::machine::AskedProgram;
use attune_host::root::HostRoot;
use attune_schemas::pack_test_result::PackTestResult;
use attune_schemas::{PackRef, Version};
use jiff::Timestamp;
use serde::Serialize;

use crate::operations::StageTime;
use crate::pack_tests::TestPolicy;
use crate::plan::KeptNewer;
use crate::trust::FreshnessReport;

/// How an installation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A new generation is active.
    Installed,
    /// Everything was there; nothing was written.
    Unchanged,
}

/// The report of an installation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstallReport {
    /// How it ended.
    pub outcome: Outcome,
    /// The installation root.
    pub root: PathBuf,
    /// The registry that the packs came from.
    pub registry: String,
    /// The active generation.
    pub generation: u64,
    /// The packs that were installed, dependencies first.
    pub packs: Vec<PackReport>,
    /// Packs of which something newer is installed than what was offered; they stay.
    pub kept_newer: Vec<KeptNewer>,
    /// Bytes that were fetched.
    pub downloaded_bytes: u64,
    /// How fresh the registry's metadata was.
    pub freshness: FreshnessReport,
    /// How the packs' tests ended.
    pub tests: Vec<PackTestResult>,
    /// The programs that were asked whether the host has a runtime.
    pub asked: Vec<AskedProgram>,

    /// How long each stage took.
    pub stages: Vec<StageTime>,
}

/// A pack that was installed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PackReport {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// The version it replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Version>,
    /// Whether it was asked for, rather than needed by another.
    pub requested: bool,
    /// Number of components by directory name.
    pub contents: BTreeMap<String, u64>,
    /// Number of packages in its environments; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packages: Option<usize>,
}

impl InstallReport {
    /// Adds a line to the install log of `root`.
    pub(crate) fn log(&self, root: &HostRoot, tests: TestPolicy, now: Timestamp) -> io::Result<()> {
        let line = serde_json::json!({
            "time": now,
            "outcome": self.outcome,
            "generation": self.generation,
            "registry": self.registry,
            "packs": self.packs,
            "freshness": self.freshness,
            "testPolicy": format!("{tests:?}").to_lowercase(),
        });
        fs_err::create_dir_all(root.state().join("log"))?;
        let mut file = fs_err::OpenOptions::new().create(true).append(true).open(root.log_file())?;
        writeln!(file, "{line}")
    }
}

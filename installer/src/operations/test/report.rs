//! The report of the tests of installed packs.

use std::path::PathBuf;

use attune_host::generation::TestSummary;
use attune_registry::report::Report;
use attune_schemas::pack::OnFailure;
use attune_schemas::pack_test_result::{NetworkAccess, SuiteResult};
use attune_schemas::{PackRef, Version};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The report of the tests of installed packs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestsReport {
    /// The installation root.
    pub root: PathBuf,
    /// The generation that was tested.
    pub generation: u64,
    /// The packs whose tests ran, by ref.
    pub packs: Vec<TestedReport>,
    /// The packs that have no tests, or have them switched off.
    pub untested: Vec<UntestedReport>,
    /// Whether the results are in the database.
    pub recorded: Recorded,
}

impl Report for TestsReport {
    const FORMAT: &'static str = "attune-install.test/v1";
}

impl TestsReport {
    /// The packs whose tests do not do.
    pub fn failed(&self) -> impl Iterator<Item = &TestedReport> {
        self.packs.iter().filter(|pack| !pack.acceptable)
    }
}

/// Whether results are in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Recorded {
    /// They are.
    Yes,
    /// There are none.
    NothingToRecord,
    /// Another install holds the root.
    Busy,
    /// They could not be written; a warning says why.
    Failed,
    /// Those of packs that were replaced meanwhile are not.
    InPart,
}

/// The tests of a pack.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestedReport {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// When its tests began.
    #[schemars(with = "String")]
    pub execution_time: Timestamp,
    /// The numbers.
    #[serde(flatten)]
    pub summary: TestSummary,
    /// `passed / total`, 0 if there are none.
    pub pass_rate: f64,
    /// The least part of its tests that must pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_pass_rate: Option<f64>,
    /// The effect of a failure on an installation.
    pub on_failure: OnFailure,
    /// Whether nothing failed, or the pack's own limit is kept.
    pub acceptable: bool,
    /// What failed, in a few lines; absent if it is acceptable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// In milliseconds.
    pub duration_ms: u64,
    /// Whether its tests could reach a network.
    pub network: NetworkAccess,
    /// One per runner, or per program that was found.
    pub suites: Vec<SuiteResult>,
}

/// A pack that was not tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UntestedReport {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// Whether it has tests that are switched off.
    pub disabled: bool,
}

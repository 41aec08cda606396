//! The results of tests in the form of the output of Attune's action `core.run_pack_tests`.

use attune_registry::report::Report;
use attune_schemas::PackRef;
use schemars::JsonSchema;
use serde::Serialize;

use crate::operations::{TestedReport, TestsReport};

/// The results of tests, in the form of `core.run_pack_tests`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackTestsReport {
    /// The packs: those that were tested, then those without tests, by ref.
    pub test_results: Vec<PackTestsResult>,
    /// The numbers of all.
    pub summary: PackTestsSummary,
}

impl Report for PackTestsReport {
    const FORMAT: &'static str = "attune-install.run-pack-tests/v1";
}

/// The tests of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackTestsResult {
    /// The pack.
    pub pack_ref: PackRef,
    /// `passed`, `failed`, or `skipped` where it has no tests or they are switched off.
    pub status: PackTestsStatus,
    /// The number of tests.
    pub total_tests: u64,
    /// Those that passed.
    pub passed: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that were skipped.
    pub skipped: u64,
    /// In milliseconds.
    pub duration_ms: u64,
    /// The output of the suites, one after the other.
    pub output: String,
}

/// How the tests of a pack ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PackTestsStatus {
    /// Enough of them passed.
    Passed,
    /// Too few of them passed.
    Failed,
    /// There are none.
    Skipped,
}

/// The numbers of all packs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackTestsSummary {
    /// The number of packs.
    pub total_packs: usize,
    /// Whether no pack failed.
    pub all_passed: bool,
    /// The number of tests.
    pub total_tests: u64,
    /// Those that passed.
    pub total_passed: u64,
    /// Those that failed.
    pub total_failed: u64,
}

impl From<&TestsReport> for PackTestsReport {
    fn from(report: &TestsReport) -> Self {
        let mut test_results: Vec<PackTestsResult> = report.packs.iter().map(tested).collect();
        let untested = report.untested.iter().map(|untested| PackTestsResult {
            pack_ref: untested.pack.clone(),
            status: PackTestsStatus::Skipped,
            total_tests: 0,
            passed: 0,
            failed: 0,
            skipped: 0,
            duration_ms: 0,
            output: String::new(),
        });
        test_results.extend(untested);
        let summary = PackTestsSummary {
            total_packs: test_results.len(),
            all_passed: report.failed().next().is_none(),
            total_tests: test_results.iter().map(|pack| pack.total_tests).sum(),
            total_passed: test_results.iter().map(|pack| pack.passed).sum(),
            total_failed: test_results.iter().map(|pack| pack.failed).sum(),
        };
        Self { test_results, summary }
    }
}

fn tested(pack: &TestedReport) -> PackTestsResult {
    let said = pack.suites.iter().flat_map(|suite| {
        let cases = suite.test_cases.iter().flat_map(|case| [&case.stdout, &case.stderr]);
        [&suite.stdout, &suite.stderr].into_iter().chain(cases)
    });
    let said: Vec<&str> = said.map(|text| text.trim_end()).filter(|text| !text.is_empty()).collect();
    PackTestsResult {
        pack_ref: pack.pack.clone(),
        status: if pack.acceptable { PackTestsStatus::Passed } else { PackTestsStatus::Failed },
        total_tests: pack.summary.total,
        passed: pack.summary.passed,
        failed: pack.summary.failed,
        skipped: pack.summary.skipped,
        duration_ms: pack.duration_ms,
        output: said.join("\n"),
    }
}

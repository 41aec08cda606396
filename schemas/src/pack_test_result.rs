//! The result of a pack's tests; serialises as Attune's result JSON.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pack::PackMetadata;

/// How tests ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TestStatus {
    /// All that ran passed.
    Passed,
    /// At least one failed.
    Failed,
    /// All were skipped.
    Skipped,
    /// Some passed, some did not run.
    Partial,
    /// It could not be run.
    Error,
}

/// The result of a pack's tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackTestResult {
    /// The pack's ref.
    pub pack_ref: String,
    /// The pack's version.
    pub pack_version: String,
    /// All together.
    pub status: TestStatus,
    /// Number of tests.
    pub total_tests: u64,
    /// Passed tests.
    pub passed: u64,
    /// Failed tests.
    pub failed: u64,
    /// Skipped tests.
    pub skipped: u64,
    /// `passed / total_tests`, 0 if there are none.
    pub pass_rate: f64,
    /// In milliseconds.
    pub duration_ms: u64,
    /// One per runner.
    pub test_suites: Vec<SuiteResult>,
}

/// The result of one runner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuiteResult {
    /// The runner's name.
    pub name: String,
    /// The kind of runner.
    pub runner_type: String,
    /// Number of tests.
    pub total: u64,
    /// Passed tests.
    pub passed: u64,
    /// Failed tests.
    pub failed: u64,
    /// Skipped tests.
    pub skipped: u64,
    /// Whether the runner told no numbers, so that it counts as one test. Attune's own result has no such field.
    #[serde(skip)]
    pub uncounted: bool,
    /// In milliseconds.
    pub duration_ms: u64,
    /// One, since the simple format has no names.
    pub test_cases: Vec<TestCase>,
}

/// One test case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestCase {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub status: TestStatus,
    /// In milliseconds.
    pub duration_ms: u64,
    /// Why it did not pass.
    pub error_message: Option<String>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl PackTestResult {
    /// Adds the suites of `pack` up.
    pub fn of(pack: &PackMetadata, suites: Vec<SuiteResult>, duration: Duration) -> Self {
        let sum = |count: fn(&SuiteResult) -> u64| suites.iter().map(count).sum::<u64>();
        let (total, passed) = (sum(|suite| suite.total), sum(|suite| suite.passed));
        let (failed, skipped) = (sum(|suite| suite.failed), sum(|suite| suite.skipped));
        Self {
            pack_ref: pack.pack.to_string(),
            pack_version: pack.version.to_string(),
            status: overall(total, passed, failed, skipped),
            total_tests: total,
            passed,
            failed,
            skipped,
            pass_rate: rate(passed, total),
            duration_ms: milliseconds(duration),
            test_suites: suites,
        }
    }

    /// Whether the pack may be installed: nothing failed, or the pack's own limit is kept.
    ///
    /// A suite that could not run, or that failed without a count, is never acceptable.
    pub fn is_acceptable(&self, min_pass_rate: Option<f64>) -> bool {
        let ran = |suite: &SuiteResult| suite.test_cases.iter().all(|case| case.status != TestStatus::Error);
        match (self.status, min_pass_rate) {
            (TestStatus::Passed | TestStatus::Skipped | TestStatus::Partial, None) => true,
            (TestStatus::Skipped, Some(_)) => true,
            (_, Some(least)) => {
                // Skipped tests count neither way.
                let counted = self.total_tests.saturating_sub(self.skipped);
                self.test_suites.iter().all(ran) && (counted == 0 || rate(self.passed, counted) >= least)
            }
            _ => false,
        }
    }

    /// Counts, and the end of the first failing suite's output.
    pub fn summary(&self) -> String {
        let uncounted = self.test_suites.iter().filter(|suite| suite.uncounted).count();
        let counts = if self.total_tests > uncounted as u64 {
            format!("{} of {} passed", self.passed, self.total_tests)
        } else {
            "no test was counted".to_owned()
        };
        let failing = self.test_suites.iter().find(|suite| suite.failed > 0);
        let Some(case) = failing.and_then(|suite| suite.test_cases.first()) else { return counts };
        let message = case.error_message.as_deref().unwrap_or("it failed");
        let tail: String = [&case.stdout, &case.stderr].into_iter().flat_map(|said| tail_of(said)).collect();
        format!("{counts}; {}: {message}{tail}", case.name)
    }
}

/// The last lines of a test's output, each on a line of its own.
fn tail_of(said: &str) -> impl Iterator<Item = &str> {
    const SHOWN_LINES: usize = 12;
    let lines: Vec<&str> = said.trim_end().lines().collect();
    let skipped = lines.len().saturating_sub(SHOWN_LINES);
    lines.into_iter().skip(skipped).flat_map(|line| ["\n  | ", line])
}

fn overall(total: u64, passed: u64, failed: u64, skipped: u64) -> TestStatus {
    if failed > 0 {
        TestStatus::Failed
    } else if passed == total {
        TestStatus::Passed
    } else if skipped == total {
        TestStatus::Skipped
    } else {
        TestStatus::Partial
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of tests are small")]
fn rate(passed: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { passed as f64 / total as f64 }
}

/// `duration` in whole milliseconds, as results count.
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

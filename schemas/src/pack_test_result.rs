//! The result of a pack's tests; serialises as Attune's result JSON.

use std::time::Duration;

use jiff::Timestamp;
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
    /// When they ran.
    #[schemars(with = "String")]
    pub execution_time: Timestamp,
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
    /// Whether they could reach a network. Attune's own result has no such field.
    pub network: NetworkAccess,
    /// One per runner, or per program that was found.
    pub test_suites: Vec<SuiteResult>,
}

/// The network that tests could reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NetworkAccess {
    /// None but the machine's own loopback addresses.
    None,
    /// The machine's: the kernel lets this user take it from nobody.
    Reachable,
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
    /// Whether it could not run, or told no results that can be believed: then no rate of passed tests excuses it.
    #[serde(skip)]
    pub is_broken: bool,
    /// In milliseconds.
    pub duration_ms: u64,
    /// Its tests; a single one of the whole where the output has no names.
    pub test_cases: Vec<TestCase>,
    /// The end of the program's standard output, where the cases do not have it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stdout: String,
    /// The end of its standard error.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
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
    /// Adds the suites of `pack` up, which ran at `now`.
    pub fn of(
        pack: &PackMetadata,
        suites: Vec<SuiteResult>,
        duration: Duration,
        network: NetworkAccess,
        now: Timestamp,
    ) -> Self {
        let sum = |count: fn(&SuiteResult) -> u64| suites.iter().map(count).sum::<u64>();
        let (total, passed) = (sum(|suite| suite.total), sum(|suite| suite.passed));
        let (failed, skipped) = (sum(|suite| suite.failed), sum(|suite| suite.skipped));
        Self {
            pack_ref: pack.pack.to_string(),
            pack_version: pack.version.to_string(),
            execution_time: now,
            status: overall(total, passed, failed, skipped),
            total_tests: total,
            passed,
            failed,
            skipped,
            pass_rate: rate(passed, total),
            duration_ms: milliseconds(duration),
            network,
            test_suites: suites,
        }
    }

    /// Whether the pack may be installed: nothing failed, or the pack's own limit is kept.
    ///
    /// A suite that is broken is never acceptable.
    pub fn is_acceptable(&self, min_pass_rate: Option<f64>) -> bool {
        if self.test_suites.iter().any(|suite| suite.is_broken) {
            return false;
        }
        match (self.status, min_pass_rate) {
            (TestStatus::Passed | TestStatus::Skipped | TestStatus::Partial, None) => true,
            (TestStatus::Skipped, Some(_)) => true,
            (_, Some(least)) => {
                // Skipped tests count neither way.
                let counted = self.total_tests.saturating_sub(self.skipped);
                counted == 0 || rate(self.passed, counted) >= least
            }
            _ => false,
        }
    }

    /// Counts, the first tests that failed, and the end of the output.
    pub fn summary(&self) -> String {
        let uncounted = self.test_suites.iter().filter(|suite| suite.uncounted).count();
        let counts = if self.total_tests > uncounted as u64 {
            format!("{} of {} passed", self.passed, self.total_tests)
        } else {
            "no test was counted".to_owned()
        };
        let broken = self.test_suites.iter().find(|suite| suite.is_broken);
        let failing = broken.or_else(|| self.test_suites.iter().find(|suite| suite.failed > 0));
        failing.map_or_else(|| counts.clone(), |suite| format!("{counts}; {}", suite.summary()))
    }
}

impl SuiteResult {
    /// The first of its tests that failed, and the end of its output.
    fn summary(&self) -> String {
        const SHOWN_CASES: usize = 5;
        let has_failed = |case: &&TestCase| matches!(case.status, TestStatus::Failed | TestStatus::Error);
        let failed: Vec<&TestCase> = self.test_cases.iter().filter(has_failed).collect();
        // Nothing is known but that the whole failed.
        let failed = if failed.is_empty() { self.test_cases.iter().take(1).collect() } else { failed };
        let shown = failed.iter().take(SHOWN_CASES).map(|case| {
            let message = case.error_message.as_deref().map_or("it failed", telling_line);
            format!("{}: {message}", case.name)
        });
        let mut text = shown.collect::<Vec<_>>().join("; ");
        if let Some(more) = failed.len().checked_sub(SHOWN_CASES).filter(|more| *more > 0) {
            text = format!("{text}; and {more} more");
        }
        let own = failed.first().map(|case| [&case.stdout, &case.stderr]);
        let own = own.filter(|said| said.iter().any(|text| !text.trim().is_empty()));
        let said = own.unwrap_or([&self.stdout, &self.stderr]);
        let tail: String = said.into_iter().flat_map(|said| tail_of(said)).collect();
        text + &tail
    }
}

/// The line of a message that says what happened: the first, or the last of a traceback.
fn telling_line(message: &str) -> &str {
    let mut lines = message.trim().lines();
    let line = if message.trim_start().starts_with("Traceback") { lines.next_back() } else { lines.next() };
    line.unwrap_or("it failed").trim()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, status: TestStatus, message: Option<&str>) -> TestCase {
        TestCase {
            name: name.to_owned(),
            status,
            duration_ms: 1,
            error_message: message.map(str::to_owned),
            stdout: String::new(),
            stderr: String::new(),
        }
    }

    fn suite(counts: [u64; 4], cases: Vec<TestCase>) -> SuiteResult {
        let [total, passed, failed, skipped] = counts;
        SuiteResult {
            name: "unit".to_owned(),
            runner_type: "pytest".to_owned(),
            total,
            passed,
            failed,
            skipped,
            uncounted: false,
            is_broken: false,
            duration_ms: 5,
            test_cases: cases,
            stdout: "one\ntwo\n".to_owned(),
            stderr: String::new(),
        }
    }

    fn result(suites: Vec<SuiteResult>) -> PackTestResult {
        let mut findings = crate::diagnostics::Findings::new();
        let pack = crate::pack::read_pack("ref: weather\nversion: 1.0.0\nlabel: P\n", &mut findings).unwrap();
        PackTestResult::of(
            &pack,
            suites,
            Duration::from_millis(7),
            NetworkAccess::None,
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn the_four_statuses() {
        let of = |counts| result(vec![suite(counts, vec![])]).status;
        assert_eq!(of([2, 2, 0, 0]), TestStatus::Passed);
        assert_eq!(of([2, 1, 1, 0]), TestStatus::Failed);
        assert_eq!(of([2, 0, 0, 2]), TestStatus::Skipped);
        assert_eq!(of([2, 1, 0, 1]), TestStatus::Partial);
        assert_eq!(result(vec![]).status, TestStatus::Passed);
    }

    #[test]
    fn a_rate_excuses_failures_and_nothing_that_is_broken() {
        let mut result = result(vec![suite([10, 9, 1, 0], vec![])]);
        assert!(!result.is_acceptable(None) && !result.is_acceptable(Some(1.0)));
        assert!(result.is_acceptable(Some(0.9)) && !result.is_acceptable(Some(0.91)));
        result.test_suites[0].is_broken = true;
        assert!(!result.is_acceptable(Some(0.0)));
    }

    #[test]
    fn a_summary_names_what_failed_and_shows_the_output() {
        let cases = vec![
            case("good", TestStatus::Passed, None),
            case("bad", TestStatus::Failed, Some("Traceback\nValueError: seven\n")),
            case("worse", TestStatus::Error, Some("Error: eight\n    at Object\n")),
        ];
        assert_eq!(
            result(vec![suite([3, 1, 2, 0], cases)]).summary(),
            "1 of 3 passed; bad: ValueError: seven; worse: Error: eight\n  | one\n  | two"
        );
    }
}

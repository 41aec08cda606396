//! How the tests of an installed pack ended.

use attune_schemas::pack_test_result::{PackTestResult, TestStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the tests of a pack ended when it was installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestSummary {
    /// All together.
    pub status: TestStatus,
    /// The number of tests; a runner that tells no numbers is one.
    pub total: u64,
    /// The number that passed.
    pub passed: u64,
    /// The number that failed.
    pub failed: u64,
    /// The number that were skipped.
    pub skipped: u64,
    /// The number of runners that told no numbers.
    #[serde(default)]
    pub uncounted: u64,
}

impl From<&PackTestResult> for TestSummary {
    fn from(result: &PackTestResult) -> Self {
        Self {
            status: result.status,
            total: result.total_tests,
            passed: result.passed,
            failed: result.failed,
            skipped: result.skipped,
            uncounted: result.test_suites.iter().map(|suite| u64::from(suite.uncounted)).sum(),
        }
    }
}

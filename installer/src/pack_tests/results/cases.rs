//! Test cases, as they are told one after another, and no more of them than fit.

use attune_schemas::pack_test_result::{TestCase, TestStatus};

use super::Counts;

/// The most tests of one suite.
const MAX_CASES: usize = 100_000;
/// The most of a name, of a message and of an output that is kept, in bytes.
const MAX_NAME: usize = 1 << 10;
const MAX_TEXT: usize = 16 << 10;
/// The most text of all cases together; what comes later keeps its name.
const MAX_ALL_TEXT: usize = 4 << 20;

/// One test, as it is told.
#[derive(Debug, Default, Clone)]
pub(in crate::pack_tests) struct CaseText<'a> {
    pub(in crate::pack_tests) name: &'a str,
    pub(in crate::pack_tests) seconds: f64,
    pub(in crate::pack_tests) message: Option<&'a str>,
    pub(in crate::pack_tests) stdout: &'a str,
    pub(in crate::pack_tests) stderr: &'a str,
}

/// The tests that are told so far.
#[derive(Debug, Default)]
pub(in crate::pack_tests) struct Cases {
    list: Vec<TestCase>,
    text_bytes: usize,
    /// Tests that are counted and not listed.
    unlisted: Counts,
}

/// Tests with their counts.
#[derive(Debug, PartialEq)]
pub(in crate::pack_tests) struct Told {
    pub(in crate::pack_tests) cases: Vec<TestCase>,
    pub(in crate::pack_tests) counts: Counts,
}

impl Cases {
    /// Adds a test.
    ///
    /// # Errors
    /// There are too many.
    pub(in crate::pack_tests) fn push(
        &mut self,
        status: TestStatus,
        told: &CaseText<'_>,
    ) -> Result<(), String> {
        if self.list.len() >= MAX_CASES {
            return Err(format!("it lists more than {MAX_CASES} tests"));
        }
        let name = start_of(told.name.trim(), MAX_NAME);
        let mut kept = |text: &str| {
            let left = MAX_ALL_TEXT.saturating_sub(self.text_bytes).min(MAX_TEXT);
            let text = start_of(text, left);
            self.text_bytes += text.len();
            text
        };
        let message = told.message.map(str::trim).filter(|message| !message.is_empty()).map(&mut kept);
        let (stdout, stderr) = (kept(told.stdout), kept(told.stderr));
        self.list.push(TestCase {
            name: if name.is_empty() { "(no name)".to_owned() } else { name },
            status,
            duration_ms: milliseconds(told.seconds),
            error_message: message,
            stdout,
            stderr,
        });
        Ok(())
    }

    /// The numbers of the tests that are listed.
    pub(in crate::pack_tests) fn listed(&self) -> Counts {
        let of = |statuses: &[TestStatus]| {
            let count = self.list.iter().filter(|case| statuses.contains(&case.status)).count();
            u64::try_from(count).unwrap_or(u64::MAX)
        };
        let (passed, skipped) = (of(&[TestStatus::Passed, TestStatus::Partial]), of(&[TestStatus::Skipped]));
        let total = u64::try_from(self.list.len()).unwrap_or(u64::MAX);
        Counts { total, passed, failed: total - passed - skipped, skipped }
    }

    /// The numbers of all tests.
    pub(in crate::pack_tests) fn counted(&self) -> Counts {
        self.listed().and(self.unlisted)
    }

    /// Adds tests that are counted and not listed.
    pub(in crate::pack_tests) fn count(&mut self, counts: Counts) {
        self.unlisted = self.unlisted.and(counts);
    }

    /// Adds tests that failed, as something is said of them that cannot be.
    ///
    /// # Errors
    /// There are too many.
    pub(in crate::pack_tests) fn doubt(&mut self, number: u64, message: &str) -> Result<(), String> {
        self.push(
            TestStatus::Error,
            &CaseText { name: "results", message: Some(message), ..Default::default() },
        )?;
        let more = number.saturating_sub(1);
        self.count(Counts { total: more, failed: more, ..Counts::default() });
        Ok(())
    }

    /// All of it.
    pub(in crate::pack_tests) fn told(self) -> Told {
        Told { counts: self.counted(), cases: self.list }
    }
}

fn start_of(text: &str, limit: usize) -> String {
    let end = text.floor_char_boundary(limit.min(text.len()));
    // A database takes no such character, and no person sees one.
    text[..end].replace('\0', "\u{fffd}")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in between")]
fn milliseconds(seconds: f64) -> u64 {
    const MAX: f64 = 1e15;
    // Not a number is none.
    (seconds * 1000.0).clamp(0.0, MAX).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_fits() {
        let mut cases = Cases::default();
        let long = "ä\0".repeat(20_000);
        for _ in 0..400 {
            let told = CaseText {
                name: &long,
                message: Some(&long),
                stdout: &long,
                seconds: f64::NAN,
                ..Default::default()
            };
            cases.push(TestStatus::Failed, &told).unwrap();
        }
        let told = cases.told();
        let text = |case: &TestCase| case.error_message.as_ref().map_or(0, String::len) + case.stdout.len();
        // A replaced character takes three bytes.
        assert!(told.cases.iter().map(text).sum::<usize>() <= 3 * MAX_ALL_TEXT);
        assert!(told.cases.iter().all(|case| case.name.len() <= 3 * MAX_NAME && !case.stdout.contains('\0')));
        assert_eq!(told.counts, Counts { total: 400, failed: 400, ..Counts::default() });
    }

    #[test]
    fn too_many_tests_are_an_error() {
        let mut cases = Cases::default();
        for _ in 0..MAX_CASES {
            cases.push(TestStatus::Passed, &CaseText { name: "a", ..Default::default() }).unwrap();
        }
        let error = cases.push(TestStatus::Passed, &CaseText::default()).unwrap_err();
        assert!(error.contains("more than"), "{error}");
    }

    #[test]
    fn times_are_numbers() {
        for (seconds, expected) in [
            (0.0125, 13),
            (-1.0, 0),
            (f64::NAN, 0),
            (f64::INFINITY, 1_000_000_000_000_000),
            (1e300, 1_000_000_000_000_000),
        ] {
            assert_eq!(milliseconds(seconds), expected, "{seconds}");
        }
    }
}

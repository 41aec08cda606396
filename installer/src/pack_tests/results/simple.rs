//! The numbers of tests in a runner's output: labelled lines as Attune reads them, else the last lines of unittest,
//! pytest and TAP.

/// Numbers of tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::pack_tests) struct Counts {
    pub(in crate::pack_tests) total: u64,
    pub(in crate::pack_tests) passed: u64,
    pub(in crate::pack_tests) failed: u64,
    pub(in crate::pack_tests) skipped: u64,
}

impl Counts {
    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        self.with(other, u64::saturating_add)
    }

    /// This without the other.
    pub(super) fn less(self, other: Self) -> Self {
        self.with(other, u64::saturating_sub)
    }

    fn with(self, other: Self, join: fn(u64, u64) -> u64) -> Self {
        Self {
            total: join(self.total, other.total),
            passed: join(self.passed, other.passed),
            failed: join(self.failed, other.failed),
            skipped: join(self.skipped, other.skipped),
        }
    }
}

/// Reads the numbers of the first form that the output has.
///
/// `None` where it has none; the exit code then decides.
pub(in crate::pack_tests) fn read(output: &str) -> Option<Counts> {
    labelled(output).or_else(|| unittest(output)).or_else(|| pytest(output)).or_else(|| tap(output))
}

/// Attune's `simple` format: the first line with each of `Total Tests:`, `Passed:`, `Failed:` and `Skipped:`, of which
/// total and passed are needed.
fn labelled(output: &str) -> Option<Counts> {
    let count = |label: &str| {
        let rest = output.lines().find_map(|line| line.split_once(label).map(|(_, rest)| rest))?;
        rest.split_whitespace().next()?.parse().ok()
    };
    let (total, passed) = (count("Total Tests:")?, count("Passed:")?);
    Some(Counts {
        total,
        passed,
        failed: count("Failed:").unwrap_or(0),
        skipped: count("Skipped:").unwrap_or(0),
    })
}

/// `Ran 48 tests in 0.2s`, then `OK (skipped=1)` or `FAILED (failures=1, errors=2, skipped=3)`.
fn unittest(output: &str) -> Option<Counts> {
    let mut lines = output.lines().rev();
    let ending =
        lines.find(|line| *line == "OK" || line.starts_with("OK (") || line.starts_with("FAILED ("))?;
    let ran = lines.find_map(|line| line.strip_prefix("Ran "))?;
    let (number, rest) = ran.split_once(' ')?;
    if !rest.starts_with("test") {
        return None;
    }
    let total: u64 = number.parse().ok()?;
    let details = ending.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
    let parts: Vec<(&str, u64)> = details.split(',').filter_map(named_number).collect();
    let sum = |names: &[&str]| -> u64 {
        let of_them = parts.iter().filter(|(name, _)| names.contains(name));
        of_them.fold(0, |sum, (_, number)| sum.saturating_add(*number))
    };
    let failed = sum(&["failures", "errors", "unexpected successes"]);
    let skipped = sum(&["skipped"]);
    // A class or module that cannot be set up is an error, and no test of it ran.
    let total = total.max(failed.checked_add(skipped)?);
    Some(Counts { total, passed: total - failed - skipped, failed, skipped })
}

/// `failures=1`.
fn named_number(part: &str) -> Option<(&str, u64)> {
    let (name, number) = part.trim().split_once('=')?;
    Some((name, number.parse().ok()?))
}

/// `=== 3 passed, 1 failed, 2 skipped, 1 error in 0.12s ===`, with or without the frame.
fn pytest(output: &str) -> Option<Counts> {
    output.lines().rev().find_map(|line| {
        let (outcomes, duration) = line.trim_matches(['=', ' ']).rsplit_once(" in ")?;
        duration.split('s').next()?.parse::<f64>().ok()?;
        let mut counts = Counts { total: 0, passed: 0, failed: 0, skipped: 0 };
        for part in outcomes.split(", ") {
            let (number, outcome) = part.split_once(' ')?;
            let number: u64 = number.parse().ok()?;
            match outcome {
                "passed" | "xfailed" | "xpassed" => counts.passed = counts.passed.checked_add(number)?,
                "failed" | "error" | "errors" => counts.failed = counts.failed.checked_add(number)?,
                "skipped" => counts.skipped = counts.skipped.checked_add(number)?,
                "warning" | "warnings" | "deselected" | "rerun" => continue,
                _ => return None,
            }
            counts.total = counts.total.checked_add(number)?;
        }
        (counts.total > 0).then_some(counts)
    })
}

/// The lines `ok` and `not ok` of the Test Anything Protocol, with its plan `1..N`; those of subtests are indented.
fn tap(output: &str) -> Option<Counts> {
    let plan = output.lines().find_map(|line| line.strip_prefix("1.."))?;
    let planned: u64 = plan.split_whitespace().next()?.parse().ok()?;
    let mut counts = Counts { total: 0, passed: 0, failed: 0, skipped: 0 };
    for line in output.lines() {
        let (is_ok, rest) = match (line.strip_prefix("ok"), line.strip_prefix("not ok")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => continue,
        };
        if !rest.is_empty() && !rest.starts_with(' ') {
            continue;
        }
        let directive = rest.rsplit_once('#').map(|(_, directive)| directive.trim().to_ascii_lowercase());
        let directive = directive.as_deref().unwrap_or_default();
        match is_ok {
            _ if directive.starts_with("skip") => counts.skipped += 1,
            false if !directive.starts_with("todo") => counts.failed += 1,
            _ => counts.passed += 1,
        }
        counts.total += 1;
    }
    // Tests that were planned and never reported have failed.
    let missing = planned.saturating_sub(counts.total);
    counts.failed = counts.failed.checked_add(missing)?;
    counts.total = counts.total.checked_add(missing)?;
    (counts.total > 0).then_some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(total: u64, passed: u64, failed: u64, skipped: u64) -> Counts {
        Counts { total, passed, failed, skipped }
    }

    #[test]
    fn labelled_lines_are_read() {
        let output = "noise\n== Total Tests: 5\n  Passed: 3 of them\nFailed: 1\nSkipped: 1\n";
        assert_eq!(read(output), Some(counts(5, 3, 1, 1)));
    }

    #[test]
    fn labelled_lines_come_before_those_of_a_runner() {
        assert_eq!(read("Total Tests: 2\nPassed: 2\nRan 9 tests in 1s\n\nOK\n"), Some(counts(2, 2, 0, 0)));
    }

    #[test]
    fn the_last_lines_of_unittest_are_read() {
        assert_eq!(read("..\n-----\nRan 48 tests in 0.201s\n\nOK\n"), Some(counts(48, 48, 0, 0)));
        assert_eq!(read("Ran 1 test in 0.000s\n\nOK (skipped=1)\n"), Some(counts(1, 0, 0, 1)));
        let failed = "Ran 9 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=3, expected failures=1)\n";
        assert_eq!(read(failed), Some(counts(9, 3, 3, 3)));
        assert_eq!(read("Ran 0 tests in 0.0s\n\nFAILED (errors=1)\n"), Some(counts(1, 0, 1, 0)));
        assert_eq!(
            read("Ran 3 tests in 0.0s\n\nFAILED (unexpected successes=1)\n"),
            Some(counts(3, 2, 1, 0))
        );
    }

    #[test]
    fn the_last_line_of_pytest_is_read() {
        let framed =
            "====== 1 failed, 3 passed, 2 skipped, 4 deselected, 1 xfailed, 5 warnings in 0.12s =====\n";
        assert_eq!(read(framed), Some(counts(7, 4, 1, 2)));
        assert_eq!(read("12 passed in 65.20s (0:01:05)\n"), Some(counts(12, 12, 0, 0)));
        assert_eq!(read("=== 2 errors in 0.05s ===\n"), Some(counts(2, 0, 2, 0)));
        assert_eq!(read("=== no tests ran in 0.01s ===\n"), None);
    }

    #[test]
    fn the_test_anything_protocol_is_read() {
        let output = "TAP version 13\n1..5\nok 1 - one\n    not ok 1 - a subtest\nnot ok 2 - two\nok 3 # SKIP no disk\n\
                      not ok 4 - later # TODO\nokay\n";
        assert_eq!(read(output), Some(counts(5, 2, 2, 1)));
    }

    #[test]
    fn missing_or_unreadable_counts_leave_it_to_the_exit_code() {
        for output in [
            "",
            "OK",
            "all fine\n",
            "Passed: 3",
            "Total Tests: x\nPassed: 1",
            "Total Tests:\nPassed: 1",
            "Ran away in 3s\nOK\n",
            "3 files copied in 0.2s\n",
            "ok\nok\n",
            "99999999999999999999999 passed in 1s",
            "18446744073709551615 passed, 2 failed in 1s",
        ] {
            assert_eq!(read(output), None, "{output:?}");
        }
    }
}

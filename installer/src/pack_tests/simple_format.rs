//! The `simple` result format: counts on labelled lines, as Attune reads them.

/// The counts in the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) total: u64,
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
}

/// Reads the first line with each of `Total Tests:`, `Passed:`, `Failed:` and `Skipped:`.
///
/// `None` where total or passed is missing; the exit code then decides.
pub(super) fn parse(output: &str) -> Option<Counts> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labelled_lines_are_read() {
        let output = "noise\n== Total Tests: 5\n  Passed: 3 of them\nFailed: 1\nSkipped: 1\n";
        assert_eq!(parse(output), Some(Counts { total: 5, passed: 3, failed: 1, skipped: 1 }));
    }

    #[test]
    fn missing_or_unreadable_counts_leave_it_to_the_exit_code() {
        for output in ["", "Passed: 3", "Total Tests: x\nPassed: 1", "Total Tests:\nPassed: 1"] {
            assert_eq!(parse(output), None, "{output:?}");
        }
    }
}

//! `attune-install test`

use std::fmt::Write as _;
use std::time::Duration;

use attune_host::process::Interrupt;
use attune_host::root::LockError;
use attune_schemas::PackRef;
use attune_schemas::pack_test_result::{NetworkAccess, SuiteResult, TestStatus};
use attune_schemas::problem::ErrorCode;
use attune_terminal::{ArgValueCandidates, Failure, Output, Table, parse_limit, success};
use clap::Args;
use jiff::Timestamp;

use crate::cli::args::settings::{CommonArgs, caller_environment, this_program};
use crate::cli::failure::CommandError;
use crate::cli::shown::list::tests_text;
use crate::cli::words::installed_packs;
use crate::operations::{PackTestsReport, Recorded, TestOptions, TestedReport, TestsReport, test_packs};

/// Run the tests of installed packs.
///
/// Each pack is copied to a temporary directory and tested there, in its own environment, and without a network where the
/// kernel allows that. The root can be used meanwhile; its lock is taken only to record how the tests ended. Exits with 6
/// where tests fail, whatever the pack says of failures while it is installed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install test                          all packs that have tests
  attune-install test weather net_tools -v     two packs, and every test by name
  attune-install test weather --timeout 10m    more time for each program than the pack gives it")]
pub(in crate::cli) struct TestArgs {
    /// The packs; all if none are named
    #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
    packs: Vec<PackRef>,
    /// Stop each program after this time, rather than after the pack's own: 90s, 10m, 1h
    #[arg(long, value_name = "DURATION", value_parser = parse_limit)]
    timeout: Option<Duration>,
    /// With --json, write the output of Attune's action `core.run_pack_tests`
    #[arg(long, requires = "json")]
    as_action: bool,
    #[command(flatten)]
    common: CommonArgs,
}

impl TestArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        let output = self.common.output();
        (output, self.test(now))
    }

    fn test(self, now: Timestamp) -> Result<(), CommandError> {
        let root = self.common.host_root()?;
        let options = TestOptions {
            packs: self.packs,
            timeout: self.timeout,
            scratch: std::env::temp_dir(),
            caller: caller_environment(),
            helper: this_program(),
            interrupt: Interrupt::on_signals().unwrap_or_default(),
            now,
        };
        let report = test_packs(&root, &options, &self.common.report.reporter())?;
        if !self.common.report.is_quiet() {
            let all = self.common.report.verbose > 0;
            if self.as_action {
                self.common.write(&PackTestsReport::from(&report), |_| render(&report, all))?;
            } else {
                self.common.write(&report, |report| render(report, all))?;
            }
        }
        let failed: Vec<&TestedReport> = report.failed().collect();
        if !failed.is_empty() {
            return Err(told(&failed));
        }
        if report.recorded == Recorded::Busy {
            return Err(LockError::Busy { root: report.root, holder: None }.into());
        }
        Ok(())
    }
}

fn told(failed: &[&TestedReport]) -> CommandError {
    let names = failed.iter().map(|pack| format!("`{}`", pack.pack)).collect::<Vec<_>>().join(", ");
    let message = match failed {
        [one] => {
            format!(
                "the tests of pack {names} failed: {}",
                one.failure.as_deref().unwrap_or("too few passed")
            )
        }
        _ => format!("the tests of {} packs failed: {names}", failed.len()),
    };
    let hint = "see each test with `attune-install test -v`, and whether the files changed with `attune-install verify`";
    CommandError(Failure::from_message(message, ErrorCode::TestsFailed).with_hint(Some(hint.to_owned())))
}

fn render(report: &TestsReport, all: bool) -> String {
    let mut text = String::new();
    if !report.packs.is_empty() {
        let mut table = Table::new(&["PACK", "VERSION", "TESTS", "TIME", "NETWORK"]);
        for pack in &report.packs {
            table.push(vec![
                pack.pack.to_string(),
                pack.version.to_string(),
                tests_text(&pack.summary),
                seconds(pack.duration_ms),
                match pack.network {
                    NetworkAccess::None => "none",
                    NetworkAccess::Reachable => "reachable",
                }
                .to_owned(),
            ]);
        }
        let _ = writeln!(text, "{table}");
    }
    for pack in &report.packs {
        if all {
            pack.suites.iter().for_each(|suite| suite_text(&mut text, pack, suite));
        } else if let Some(failure) = &pack.failure {
            let _ = writeln!(text, "{}: {failure}\n", pack.pack);
        }
    }
    let untested = report.untested.len();
    let without = match untested {
        0 => String::new(),
        1 => ", 1 pack without tests".to_owned(),
        _ => format!(", {untested} packs without tests"),
    };
    let failed = report.failed().count();
    // A pack may say that not all of its tests need to pass.
    let enough = if report.packs.iter().any(|pack| pack.summary.failed > 0) { "enough of " } else { "" };
    let state = match (report.packs.len(), failed) {
        (0, _) => "no pack was tested".to_owned(),
        (1, 0) => success(&format!("{enough}the tests of 1 pack passed")),
        (tested, 0) => success(&format!("{enough}the tests of {tested} packs passed")),
        (tested, failed) => format!("the tests of {failed} of {tested} packs failed"),
    };
    let _ = writeln!(text, "{} (generation {}): {state}{without}", report.root.display(), report.generation);
    text
}

/// A suite with all of its tests, and what it wrote where it failed.
fn suite_text(text: &mut String, pack: &TestedReport, suite: &SuiteResult) {
    let _ = writeln!(
        text,
        "{} {} ({}, {})",
        pack.pack,
        suite.name,
        suite.runner_type,
        seconds(suite.duration_ms)
    );
    for case in &suite.test_cases {
        let status = match case.status {
            TestStatus::Passed | TestStatus::Partial => "passed",
            TestStatus::Failed => "failed",
            TestStatus::Skipped => "skipped",
            TestStatus::Error => "error",
        };
        let _ = writeln!(text, "  {status:<8} {} ({})", case.name, seconds(case.duration_ms));
        let said = case.error_message.iter().chain([&case.stdout, &case.stderr]);
        if case.status != TestStatus::Passed {
            said.for_each(|said| quoted(text, said));
        }
    }
    if suite.failed > 0 {
        quoted(text, &suite.stdout);
        quoted(text, &suite.stderr);
    }
    text.push('\n');
}

fn quoted(text: &mut String, said: &str) {
    for line in said.trim_end().lines() {
        let _ = writeln!(text, "  | {line}");
    }
}

fn seconds(milliseconds: u64) -> String {
    if milliseconds < 1000 {
        return format!("{milliseconds} ms");
    }
    format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
}

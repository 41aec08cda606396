//! `attune-install doctor`

mod remedy;
mod report;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use attune_host::verification::Finding;
use attune_schemas::problem::ErrorCode;
use attune_terminal::{Failure, Output, success};
use clap::Args;
use jiff::Timestamp;

use crate::cli::args::settings::CommonArgs;
use crate::cli::checks::folded::lines;
use crate::cli::checks::verify::{counted, line};
use crate::cli::failure::CommandError;
use crate::operations::{DoctorOptions, Severity, Symptom, examine};
use remedy::remedy;
use report::DoctorFinding;
pub(in crate::cli) use report::DoctorReport;

/// Find what is wrong with the host, and name the command that mends it.
///
/// Looks at the root (owners, permissions, differences, interpreters, what repairs and changes left, whether it was
/// moved), at its disk (room, files, mounts that are read-only, noexec or inside the root), at the clock, at the trust in
/// registries and its expiry, and at SELinux. Registries are not asked. Exits with 1 if there is an error, and with 0 if
/// there are only notes. Nothing is changed.
#[derive(Debug, Args)]
pub(in crate::cli) struct DoctorArgs {
    #[command(flatten)]
    common: CommonArgs,
}

impl DoctorArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.examine(now))
    }

    fn examine(&self, now: Timestamp) -> Result<(), CommandError> {
        let root = self.common.host_root()?;
        let symptoms = examine(&root, &DoctorOptions { scratch: std::env::temp_dir(), now })?;
        let all = self.common.report.verbose > 0;
        let report = report(root.path(), &symptoms);
        if !self.common.report.is_quiet() {
            self.common.write(&report, |report| render(report, &symptoms, all))?;
        }
        if report.healthy { Ok(()) } else { Err(not_in_order(&report)) }
    }
}

fn report(root: &Path, symptoms: &[Symptom]) -> DoctorReport {
    let findings = symptoms.iter().map(|symptom| DoctorFinding {
        code: symptom.code(),
        severity: symptom.severity(),
        message: message(root, symptom),
        remedy: remedy(symptom, root),
    });
    let healthy = symptoms.iter().all(|symptom| symptom.severity() != Severity::Error);
    DoctorReport { root: root.to_owned(), healthy, findings: findings.collect() }
}

/// A difference is told in the words of `verify`, less its code.
fn message(root: &Path, symptom: &Symptom) -> String {
    match symptom {
        Symptom::Difference(finding) => without_code(&line(root, finding)).to_owned(),
        symptom => symptom.to_string(),
    }
}

fn without_code(line: &str) -> &str {
    line.split_once(' ').map_or(line, |(_, rest)| rest)
}

fn not_in_order(report: &DoctorReport) -> CommandError {
    let count = report.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let message =
        format!("the host is not in order: {} in `{}`", counted(count, "error"), report.root.display());
    let hint = report.findings.first().map(|first| format!("mend it: {}", first.remedy));
    CommandError(Failure::from_message(message, ErrorCode::CheckupFailed).with_hint(hint))
}

/// A line for each finding, followed by its remedy; differences, of which there may be many, are folded as `verify` folds
/// them.
fn render(report: &DoctorReport, symptoms: &[Symptom], all: bool) -> String {
    let mut text = String::new();
    let mend = |text: &mut String, remedy: &str| {
        let _ = writeln!(text, "  mend it: {remedy}");
    };
    let differences: Vec<Finding> = symptoms.iter().filter_map(Symptom::difference).cloned().collect();
    for line in lines(&report.root, &differences, all) {
        let _ = writeln!(text, "error {line}");
    }
    let (folded, others): (Vec<_>, Vec<_>) =
        report.findings.iter().zip(symptoms).partition(|(_, symptom)| symptom.difference().is_some());
    let remedies: BTreeSet<&str> = folded.iter().map(|(found, _)| found.remedy.as_str()).collect();
    for remedy in remedies {
        mend(&mut text, remedy);
    }
    for (found, _) in others {
        let severity = if found.severity == Severity::Error { "error" } else { "note" };
        let _ = writeln!(text, "{severity} {} {}", found.code, found.message);
        mend(&mut text, &found.remedy);
    }
    let count = |severity| report.findings.iter().filter(|found| found.severity == severity).count();
    let state = match (count(Severity::Error), count(Severity::Note)) {
        (0, 0) => success("everything is in order"),
        (0, notes) => format!("{}, {}", success("nothing is wrong"), counted(notes, "note")),
        (errors, 0) => counted(errors, "error"),
        (errors, notes) => format!("{}, {}", counted(errors, "error"), counted(notes, "note")),
    };
    let _ = writeln!(text, "{}: {state}", report.root.display());
    text
}

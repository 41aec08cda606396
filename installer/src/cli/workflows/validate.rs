//! `attune-install workflow validate`

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;

use attune_host::root::HostRoot;
use attune_schemas::PackRef;
use attune_schemas::problem::ErrorCode;
use attune_terminal::{ArgValueCandidates, Failure, printable};
use clap::{Args, ValueHint};

use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::cli::words::installed_packs;
use crate::operations::{WorkflowValidationReport, WorkflowsOf, validate_workflows};

/// Check the workflows of a pack, and register nothing.
///
/// Tells every finding of every workflow of an installed pack, or of the pack in a directory, at once: each with its file,
/// line, column, code and advice. The installed packs say which actions there are. It exits with 1 where one is an error.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install workflow validate weather
  attune-install workflow validate ./packs/weather --json")]
pub(super) struct ValidateArgs {
    /// An installed pack, or a pack's directory, whose name has a `/`
    #[arg(value_name = "PACK|DIR", value_hint = ValueHint::AnyPath)]
    #[arg(add = ArgValueCandidates::new(installed_packs))]
    what: OsString,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

impl ValidateArgs {
    pub(super) fn run(&self, root: &HostRoot) -> Result<(), CommandError> {
        let pack = self.what.to_str().and_then(|what| what.parse::<PackRef>().ok());
        let what = pack.map_or_else(|| WorkflowsOf::Directory(PathBuf::from(&self.what)), WorkflowsOf::Pack);
        let report = validate_workflows(root, &what)?;
        if !self.common.report.is_quiet() || report.error_count > 0 {
            self.common.write(&report, |report| printable(&render(report)).into_owned())?;
        }
        if report.error_count == 0 {
            return Ok(());
        }
        let counted = counted(report.error_count, "error");
        let message = format!("{counted} in the workflows of `{}`", report.directory.display());
        let hint =
            "mend what is listed, and validate again; `attune-install help CODE` explains each".to_owned();
        Err(CommandError(Failure::from_message(message, ErrorCode::LintErrors).with_hint(Some(hint))))
    }
}

fn counted(count: usize, name: &str) -> String {
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

fn render(report: &WorkflowValidationReport) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let _ = writeln!(text, "{finding}");
        if let Some(advice) = &finding.advice {
            let _ = writeln!(text, "  hint: {advice}");
        }
    }
    let findings = match (report.error_count, report.warning_count) {
        (0, 0) => "nothing to tell".to_owned(),
        (0, warnings) => counted(warnings, "warning"),
        (errors, 0) => counted(errors, "error"),
        (errors, warnings) => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    };
    let directory = report.directory.display();
    let _ = writeln!(text, "{directory}: {}, {findings}", counted(report.validated_count, "workflow"));
    text
}

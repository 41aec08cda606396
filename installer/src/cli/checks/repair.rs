//! `attune-install repair`

use std::fmt::Write as _;

use attune_host::process::OperationKind;
use attune_host::verification::{Finding, FindingKind, HostPart};
use attune_schemas::PackRef;
use attune_schemas::problem::ErrorCode;
use attune_terminal::{ArgValueCandidates, Failure, Output, success};
use clap::Args;
use jiff::Timestamp;

use crate::cli::args::settings::CommonArgs;
use crate::cli::checks::folded::lines;
use crate::cli::checks::verify::counted;
use crate::cli::environments::BuildArgs;
use crate::cli::failure::CommandError;
use crate::cli::logged::logged;
use crate::cli::words::installed_packs;
use crate::operations::{RepairOptions, RepairReport, repair};

/// Restore the differences that `verify` finds.
///
/// Mends every difference that `attune-install verify` finds: files of packs and packages come anew from --from,
/// environments are built again from the store, foreign files go, links, permissions and rows of the database are put
/// right. What cannot be mended without a source is told, and the rest is mended; then it exits with 3.
#[derive(Debug, Args)]
pub(in crate::cli) struct RepairArgs {
    /// The packs; all if none are named
    #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
    packs: Vec<PackRef>,
    /// Restore only environments
    #[arg(long)]
    environments: bool,
    #[command(flatten)]
    build: BuildArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl RepairArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.repair(now))
    }

    fn repair(self, now: Timestamp) -> Result<(), CommandError> {
        let root = self.common.host_root()?;
        let options = RepairOptions {
            packs: self.packs,
            only_environments: self.environments,
            build: self.build.options(None, OperationKind::Repair, now)?,
        };
        let result = repair(&root, &options, &self.common.report.reporter()).map_err(CommandError::from);
        let report = logged(&root, &options.build.change, result)?;
        if !self.common.report.is_quiet() {
            let all = self.common.report.verbose > 0;
            self.common.write(&report, |report| render(report, all))?;
        }
        if report.left.is_empty() || report.dry_run {
            Ok(())
        } else {
            Err(is_left(&report, self.build.has_source()))
        }
    }
}

fn is_left(report: &RepairReport, has_source: bool) -> CommandError {
    let (ending, verb) = if report.left.len() == 1 { ("", "is") } else { ("s", "are") };
    let count = report.left.len();
    let message = format!("{count} difference{ending} {verb} left in `{}`", report.root.display());
    let is_of_source = |finding: &&Finding| finding.tree.is_some() || finding.part == HostPart::Original;
    let of_trees = report.left.iter().any(|finding| is_of_source(&finding));
    let of_host = report.left.iter().any(|finding| !is_of_source(&finding));
    let hint = if of_trees && !has_source {
        "name the bundle or registry that the packs came from: `attune-install repair --from BUNDLE|DIR|URL`"
    } else if of_host && report.left.iter().any(|finding| finding.kind != FindingKind::Interpreter) {
        "install the packs again from their bundle or registry with `--reinstall`"
    } else {
        "name a bundle or registry that has the very releases that are installed, or install other ones"
    };
    CommandError(Failure::from_message(message, ErrorCode::DifferencesLeft).with_hint(Some(hint.to_owned())))
}

fn render(report: &RepairReport, all: bool) -> String {
    let mut text = String::new();
    let left = if report.dry_run { "to mend" } else { "left" };
    for (title, findings) in [("mended", &report.mended), (left, &report.left)] {
        if findings.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{title}:");
        for line in lines(&report.root, findings, all) {
            let _ = writeln!(text, "  {line}");
        }
    }
    let root = report.root.display();
    let state = match (report.mended.len(), report.left.len()) {
        (0, left) if report.dry_run && left > 0 => format!("{} to mend", counted(left, "difference")),
        (0, 0) => success("everything is as it was installed: nothing to repair"),
        (mended, 0) => format!("{} mended, everything is as it was installed", counted(mended, "difference")),
        (mended, left) => format!("{} mended, {left} left", counted(mended, "difference")),
    };
    let _ = writeln!(text, "{root} (generation {}): {state}", report.generation);
    text
}

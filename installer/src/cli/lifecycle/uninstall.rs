//! `attune-install uninstall`

use std::fmt::Write as _;

use attune_host::process::OperationKind;
use attune_schemas::PackRef;
use attune_terminal::{ArgValueCandidates, Output, success};
use clap::Args;
use jiff::Timestamp;

use super::{changes_table, packs_counted};
use crate::cli::args::change::ChangeArgs;
use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::cli::logged::logged;
use crate::cli::words::installed_packs;
use crate::operations::{UninstallOptions, UninstallReport, uninstall};

/// Remove packs.
///
/// A pack stays while another pack, or a rule or workflow of another pack, needs it. The files of what is removed stay in
/// the store until `attune-install gc`, so that `attune-install rollback` brings the packs back.
#[derive(Debug, Args)]
pub(in crate::cli) struct UninstallArgs {
    /// The packs
    #[arg(value_name = "PACK", required_unless_present = "unused", add = ArgValueCandidates::new(installed_packs))]
    packs: Vec<PackRef>,
    /// Remove the packs that need them, too
    #[arg(long)]
    cascade: bool,
    /// Remove dependencies that no pack needs any more, too; without a PACK, these alone
    #[arg(long)]
    unused: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl UninstallArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.uninstall(now))
    }

    fn uninstall(self, now: Timestamp) -> Result<(), CommandError> {
        let root = self.common.host_root()?;
        let change = self.change.options(OperationKind::Uninstall, now);
        let change = change.forced(&[("--cascade", self.cascade)]);
        let options =
            UninstallOptions { packs: self.packs, cascade: self.cascade, unused: self.unused, change };
        let result = uninstall(&root, &options, &self.common.report.reporter()).map_err(CommandError::from);
        let report = logged(&root, &options.change, result)?;
        if self.common.report.is_quiet() && !options.change.dry_run {
            return Ok(());
        }
        self.common.write(&report, render)
    }
}

fn render(report: &UninstallReport) -> String {
    let root = report.root.display();
    if report.packs.is_empty() {
        return format!("nothing to remove in {root} (generation {})\n", report.generation);
    }
    let mut text = changes_table(&report.packs).to_string();
    let removed = packs_counted(report.packs.len());
    let _ = if report.dry_run {
        writeln!(text, "\nwould remove {removed} from {root}")
    } else {
        let done = success(&format!("removed {removed}"));
        writeln!(text, "\n{done} from {root} (generation {})", report.generation)
    };
    if !report.unused.is_empty() {
        let unused = report.unused.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "no pack needs {unused} any more: `attune-install uninstall --unused`");
    }
    text
}

//! `attune-install restore`

use std::fmt::Write as _;
use std::path::PathBuf;

use attune_host::machine::InterpreterSearch;
use attune_host::process::OperationKind;
use attune_registry::human_bytes;
use attune_schemas::PackRef;
use attune_terminal::{Output, success};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use super::{changes_table, packs_counted};
use crate::cli::args::change::ChangeArgs;
use crate::cli::args::settings::{CommonArgs, caller_environment};
use crate::cli::failure::CommandError;
use crate::cli::logged::logged;
use crate::operations::{RebuildOptions, RestoreOptions, RestoreReport, restore};

/// Bring packs back from a backup of this host.
///
/// The packs come back as they were, with their configuration and their holds and pins; other packs stay as they are. Only
/// the host that made a backup, with `attune-install uninstall --backup`, restores it. Files that the store still has are
/// used where they are, and environments whose interpreter was replaced are built again. Tests are not run: use
/// `attune-install test PACK`.
#[derive(Debug, Args)]
pub(in crate::cli) struct RestoreArgs {
    /// The backup
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The packs to bring back [default: all of the backup]
    #[arg(value_name = "PACK")]
    packs: Vec<PackRef>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl RestoreArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.restore(now))
    }

    fn restore(self, now: Timestamp) -> Result<(), CommandError> {
        let root = self.common.host_root()?;
        let caller = caller_environment();
        let build = RebuildOptions {
            pack: None,
            only: None,
            from: None,
            search: InterpreterSearch::of(&caller, None),
            caller,
            change: self.change.options(OperationKind::Restore, now),
        };
        let options = RestoreOptions { file: self.file, packs: self.packs, build };
        let result = restore(&root, &options, &self.common.report.reporter()).map_err(CommandError::from);
        let report = logged(&root, &options.build.change, result)?;
        if self.common.report.is_quiet() && !report.dry_run {
            return Ok(());
        }
        self.common.write(&report, render)
    }
}

fn render(report: &RestoreReport) -> String {
    let (root, backup) = (report.root.display(), report.backup.display());
    if report.packs.is_empty() {
        return format!("the packs of {backup} are installed in {root} (generation {})\n", report.generation);
    }
    let mut text = changes_table(&report.packs).to_string();
    let packs = packs_counted(report.packs.len());
    let bytes = human_bytes(report.unpacked_bytes);
    let _ = if report.dry_run {
        writeln!(text, "\nwould restore {packs} of {backup} to {root}, with {bytes} to unpack")
    } else {
        let done = success(&format!("restored {packs}"));
        writeln!(text, "\n{done} of {backup} to {root} (generation {})", report.generation)
    };
    for environment in &report.rebuilt {
        let verb = if report.dry_run { "would build" } else { "built" };
        let interpreter = environment.interpreter.display();
        let _ =
            writeln!(text, "{verb} {} of {} again, for {interpreter}", environment.runtime, environment.pack);
    }
    text
}

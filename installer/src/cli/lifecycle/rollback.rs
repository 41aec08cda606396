//! `attune-install rollback`

use attune_host::process::OperationKind;
use attune_terminal::{Output, success};
use clap::Args;
use jiff::Timestamp;

use super::{changes_table, migrations_text, packs_counted};
use crate::cli::args::change::ChangeArgs;
use crate::cli::args::migrations::MigrationArgs;
use crate::cli::args::number::parse_generation;
use crate::cli::args::settings::{CommonArgs, caller_environment, this_program};
use crate::cli::failure::CommandError;
use crate::cli::logged::logged;
use crate::operations::{RollbackOptions, RollbackReport, rollback};

/// Go back to the packs of an earlier generation.
///
/// Nothing is fetched or built. Migrations that packs brought lead their data back. The packs come as a new generation, so that a rollback can be undone by another one;
/// `attune-install history` lists the generations that are still there.
#[derive(Debug, Args)]
pub(in crate::cli) struct RollbackArgs {
    /// The generation to go back to [default: the one before the active packs]
    #[arg(value_name = "GENERATION", value_parser = parse_generation)]
    generation: Option<u64>,
    #[command(flatten)]
    migrations: MigrationArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl RollbackArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.roll_back(now))
    }

    fn roll_back(self, now: Timestamp) -> Result<(), CommandError> {
        let root = self.common.host_root()?;
        let change = self.change.options(OperationKind::Rollback, now);
        let options = RollbackOptions {
            generation: self.generation,
            migrations: self.migrations.policy(),
            caller: caller_environment(),
            helper: this_program(),
            change: change.forced(&[self.migrations.forced()]),
        };
        let result = rollback(&root, &options, &self.common.report.reporter()).map_err(CommandError::from);
        let report = logged(&root, &options.change, result)?;
        if self.common.report.is_quiet() && !options.change.dry_run {
            return Ok(());
        }
        self.common.write(&report, render)
    }
}

fn render(report: &RollbackReport) -> String {
    let (root, target) = (report.root.display(), report.restored_from);
    if report.packs.is_empty() {
        return format!("generation {target} has the packs that are active in {root}\n");
    }
    let changed = packs_counted(report.packs.len());
    let table = format!("{}{}", changes_table(&report.packs), migrations_text(&report.migrations));
    if report.dry_run {
        return format!("{table}\nwould go back to generation {target} of {root}, which changes {changed}\n");
    }
    let done = success(&format!("went back to generation {target}"));
    format!("{table}\n{done} of {root}, as generation {}: {changed} changed\n", report.generation)
}

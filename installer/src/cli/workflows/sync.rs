//! `attune-install workflow sync`

use std::fmt::Write as _;

use attune_host::database::{SyncOptions, WorkflowChange};
use attune_host::process::OperationKind;
use attune_host::root::HostRoot;
use attune_schemas::PackRef;
use attune_schemas::problem::ErrorCode;
use attune_terminal::{ArgValueCandidates, Failure, Table, success};
use clap::Args;
use jiff::Timestamp;

use crate::cli::args::change::ChangeArgs;
use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::cli::logged::logged_unless;
use crate::cli::words::installed_packs;
use crate::operations::{SyncedWorkflowReport, WorkflowSyncOptions, WorkflowSyncReport, sync_workflows};

/// Bring the rows of workflows in step with their files.
///
/// Reads the files of the packs' workflows again, as far as they are not known to be the same, and writes the rows that
/// differ: of files, of what an earlier program made, or by somebody's hand. Rows of workflows that a pack does not have go.
/// All is one change, and nothing is changed where a file has errors, or is not as it was installed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install workflow sync
  attune-install workflow sync weather --dry-run")]
pub(super) struct SyncArgs {
    /// The packs; all if none are named
    #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
    packs: Vec<PackRef>,
    /// Pass over workflows with errors: they are registered as far as they can be read
    #[arg(long)]
    skip_validation_errors: bool,
    /// Write only rows that are missing
    #[arg(long)]
    keep_existing: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

impl SyncArgs {
    pub(super) fn run(&self, root: &HostRoot, now: Timestamp) -> Result<(), CommandError> {
        let change = self.change.options(OperationKind::WorkflowSync, now);
        let options = WorkflowSyncOptions {
            packs: self.packs.clone(),
            sync: SyncOptions {
                skip_validation_errors: self.skip_validation_errors,
                update_existing: !self.keep_existing,
            },
            change: change.forced(&[("--skip-validation-errors", self.skip_validation_errors)]),
        };
        let reporter = self.common.report.reporter();
        let result = sync_workflows(root, &options, &reporter).map_err(CommandError::from);
        let is_same = |report: &WorkflowSyncReport| !report.changed;
        let report = logged_unless(root, &options.change, is_same, result)?;
        let refused = refused(&report);
        if !self.common.report.is_quiet() || options.change.dry_run || refused > 0 {
            let all = self.common.report.verbose > 0;
            self.common.write(&report, |report| render(report, all))?;
        }
        if refused > 0 { Err(is_refused(&report, refused)) } else { Ok(()) }
    }
}

fn workflows(report: &WorkflowSyncReport) -> impl Iterator<Item = &SyncedWorkflowReport> {
    report.packs.iter().flat_map(|pack| &pack.workflows)
}

fn refused(report: &WorkflowSyncReport) -> usize {
    workflows(report).filter(|workflow| workflow.change == WorkflowChange::Refused).count()
}

fn is_refused(report: &WorkflowSyncReport, count: usize) -> CommandError {
    let counted = counted(count);
    let message =
        format!("{counted} in `{}` cannot be registered; nothing was changed", report.root.display());
    let hint = "restore files with `attune-install repair`, correct others in their pack and install it again, or pass \
                --skip-validation-errors";
    CommandError(Failure::from_message(message, ErrorCode::WorkflowsRefused).with_hint(Some(hint.to_owned())))
}

fn counted(count: usize) -> String {
    if count == 1 { "1 workflow".to_owned() } else { format!("{count} workflows") }
}

/// What was done; with `all`, the workflows that are as they were as well, and every warning.
fn render(report: &WorkflowSyncReport, all: bool) -> String {
    let mut text = String::new();
    let shown = |workflow: &&SyncedWorkflowReport| all || workflow.change != WorkflowChange::Unchanged;
    let mut table = Table::new(&["WORKFLOW", "ROW", "WARNINGS"]);
    let mut rows = 0;
    for workflow in workflows(report).filter(shown) {
        rows += 1;
        table.push(vec![
            workflow.reference.clone(),
            change_text(workflow.change, report.dry_run).to_owned(),
            if workflow.warnings.is_empty() { "-".to_owned() } else { workflow.warnings.len().to_string() },
        ]);
    }
    if rows > 0 {
        let _ = writeln!(text, "{table}");
    }
    for workflow in workflows(report).filter(shown) {
        for error in &workflow.errors {
            let _ = writeln!(text, "{}: {error}", workflow.reference);
        }
        for warning in workflow.warnings.iter().filter(|_| all) {
            let _ = writeln!(text, "{}: {warning}", workflow.reference);
        }
    }
    let has = |change: WorkflowChange| workflows(report).filter(|workflow| workflow.change == change).count();
    let same = has(WorkflowChange::Unchanged);
    let written = has(WorkflowChange::Created) + has(WorkflowChange::Updated) + has(WorkflowChange::Removed);
    let state = match (report.changed, report.dry_run) {
        (true, false) => success(&format!("{} brought in step, {same} as they were", counted(written))),
        (true, true) => format!("{} to bring in step, {same} as they are", counted(written)),
        (false, _) if refused(report) > 0 => "nothing was changed".to_owned(),
        (false, _) if has(WorkflowChange::Kept) > 0 => {
            format!("nothing to do: {same} in step, {} kept as they are", has(WorkflowChange::Kept))
        }
        (false, _) => success(&format!("nothing to do: {} in step with their files", counted(same))),
    };
    let _ = writeln!(text, "{} (generation {}): {state}", report.root.display(), report.generation);
    text
}

const fn change_text(change: WorkflowChange, dry_run: bool) -> &'static str {
    match (change, dry_run) {
        (WorkflowChange::Created, false) => "created",
        (WorkflowChange::Created, true) => "to create",
        (WorkflowChange::Updated, false) => "updated",
        (WorkflowChange::Updated, true) => "to update",
        (WorkflowChange::Removed, false) => "removed",
        (WorkflowChange::Removed, true) => "to remove",
        (WorkflowChange::Unchanged, _) => "unchanged",
        (WorkflowChange::Kept, _) => "kept",
        (WorkflowChange::Refused, _) => "refused",
    }
}

//! `attune-install workflow`

mod shown;

use attune_host::inventory::{list_workflows, show_workflow};
use attune_host::root::HostRoot;
use attune_schemas::PackRef;
use attune_terminal::{ArgValueCandidates, Output};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::args::settings::CommonArgs;
use super::failure::CommandError;
use super::words::installed_packs;

/// Shows the workflows of packs, checks them, and brings their rows in step with their files.
#[derive(Debug, Args)]
pub(super) struct WorkflowArgs {
    #[command(subcommand)]
    command: WorkflowCommand,
}

#[derive(Debug, Subcommand)]
enum WorkflowCommand {
    /// List the workflows of the installed packs
    #[command(visible_alias = "ls")]
    List {
        /// Only those of these packs
        #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
        packs: Vec<PackRef>,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Show a workflow: its tasks and what they lead to
    #[command(visible_alias = "info")]
    Show {
        /// The workflow's ref, `PACK.NAME`
        #[arg(value_name = "REF")]
        workflow: String,
        #[command(flatten)]
        common: CommonArgs,
    },
}

impl WorkflowArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let (WorkflowCommand::List { common, .. } | WorkflowCommand::Show { common, .. }) = &self.command;
        common.start_log();
        let result = common.host_root().and_then(|root| self.command.run(&root, common, now));
        (common.output(), result)
    }
}

impl WorkflowCommand {
    fn run(&self, root: &HostRoot, common: &CommonArgs, _now: Timestamp) -> Result<(), CommandError> {
        match self {
            Self::List { packs, .. } => common.write(&list_workflows(root, packs)?, shown::render_list),
            Self::Show { workflow, .. } => common.write(&show_workflow(root, workflow)?, shown::render),
        }
    }
}

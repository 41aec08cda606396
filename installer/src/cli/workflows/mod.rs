//! `attune-install workflow`

mod graph;
mod shown;
mod sync;
mod validate;

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

// A line here would take the place of all that a command's own type tells: those with more to tell have none.
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
    Validate(validate::ValidateArgs),
    Sync(sync::SyncArgs),
    Graph(graph::GraphArgs),
}

impl WorkflowArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let (WorkflowCommand::List { common, .. }
        | WorkflowCommand::Show { common, .. }
        | WorkflowCommand::Validate(validate::ValidateArgs { common, .. })
        | WorkflowCommand::Sync(sync::SyncArgs { common, .. })
        | WorkflowCommand::Graph(graph::GraphArgs { common, .. })) = &self.command;
        common.start_log();
        if let WorkflowCommand::Graph(args) = &self.command {
            // A file is drawn without a host.
            return (common.output(), args.run());
        }
        let result = common.host_root().and_then(|root| self.command.run(&root, common, now));
        (common.output(), result)
    }
}

impl WorkflowCommand {
    fn run(&self, root: &HostRoot, common: &CommonArgs, now: Timestamp) -> Result<(), CommandError> {
        match self {
            Self::List { packs, .. } => common.write(&list_workflows(root, packs)?, shown::render_list),
            Self::Show { workflow, .. } => common.write(&show_workflow(root, workflow)?, shown::render),
            Self::Validate(args) => args.run(root),
            Self::Sync(args) => args.run(root, now),
            Self::Graph(args) => args.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn commands_with_more_to_tell_tell_it() {
        let cli = crate::cli::command();
        let workflow = cli.find_subcommand("workflow").unwrap();
        for name in ["validate", "sync", "graph"] {
            let found = workflow.find_subcommand(name).unwrap();
            assert!(found.get_about().is_some() && found.get_long_about().is_some(), "{name}");
        }
    }
}

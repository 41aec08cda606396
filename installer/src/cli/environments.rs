//! `attune-install env`

use attune_registry::terminal::{Output, Table, write_result};
use attune_schemas::PackRef;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::settings::CommonArgs;
use crate::environments::{
    Damage, ListedEnvironment, VerifiedEnvironment, executable, list_environments, verify_environments,
};
use crate::error::InstallError;
use crate::host::HostRoot;

/// Shows the environments of packs, and whether they are whole.
#[derive(Debug, Args)]
pub(super) struct EnvArgs {
    #[command(subcommand)]
    command: EnvCommand,
}

#[derive(Debug, Subcommand)]
enum EnvCommand {
    /// Show the environments of what is installed
    List {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Print what a worker executes for a pack
    Path {
        /// The pack
        #[arg(value_name = "PACK")]
        pack: PackRef,
        /// The runtime
        #[arg(long, default_value = "python")]
        runtime: String,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Hold every file against the record of its package, and start the interpreters
    Verify {
        /// Only this pack
        #[arg(value_name = "PACK")]
        pack: Option<PackRef>,
        #[command(flatten)]
        common: CommonArgs,
    },
}

impl EnvArgs {
    pub(super) fn run(self) -> (Output, Result<(), InstallError>) {
        let (EnvCommand::List { common }
        | EnvCommand::Path { common, .. }
        | EnvCommand::Verify { common, .. }) = &self.command;
        common.start_log();
        let result = common.host_root().and_then(|root| self.command.run(&root, common.output()));
        (common.output(), result)
    }
}

impl EnvCommand {
    fn run(&self, root: &HostRoot, output: Output) -> Result<(), InstallError> {
        let write = |text: String| write_result(&text).map_err(InstallError::Output);
        match self {
            Self::List { .. } => {
                let environments = list_environments(root)?;
                write(show(&environments, output, |all| render_list(all)))
            }
            Self::Path { pack, runtime, .. } => {
                let path = executable(root, pack, runtime)?;
                write(show(&path, output, |path| format!("{}\n", path.display())))
            }
            Self::Verify { pack, .. } => {
                let verified = verify_environments(root, pack.as_ref())?;
                write(show(&verified, output, |all| render_verified(all)))?;
                let damaged = verified.iter().filter(|verified| !verified.damage.is_empty());
                match damaged.map(|verified| verified.environment.pack.to_string()).collect::<Vec<_>>() {
                    damaged if damaged.is_empty() => Ok(()),
                    packs => Err(InstallError::DamagedEnvironments { packs }),
                }
            }
        }
    }
}

fn show<T: Serialize>(value: &T, output: Output, text: impl FnOnce(&T) -> String) -> String {
    match output {
        Output::Json => serde_json::to_string_pretty(value).expect("environments serialise") + "\n",
        Output::Text => text(value),
    }
}

fn render_list(environments: &[ListedEnvironment]) -> String {
    if environments.is_empty() {
        return "no pack has an environment\n".to_owned();
    }
    let mut table = Table::new(&["PACK", "RUNTIME", "VERSION", "PACKAGES", "PATH"]);
    for environment in environments {
        table.push(vec![
            environment.pack.to_string(),
            environment.runtime.clone(),
            environment.interpreter_version.clone(),
            environment.packages.to_string(),
            environment.path.display().to_string(),
        ]);
    }
    table.to_string()
}

fn render_verified(verified: &[VerifiedEnvironment]) -> String {
    if verified.is_empty() {
        return "no pack has an environment\n".to_owned();
    }
    let mut table = Table::new(&["PACK", "RUNTIME", "FILES", "STATE"]);
    let mut details = String::new();
    for one in verified {
        let state = if one.damage.is_empty() { "whole" } else { "damaged" };
        let (pack, runtime) = (one.environment.pack.to_string(), one.environment.runtime.clone());
        for damage in &one.damage {
            details.extend([&pack, ": ", &describe(damage), "\n"].map(ToString::to_string));
        }
        table.push(vec![pack, runtime, one.files.to_string(), state.to_owned()]);
    }
    if details.is_empty() { table.to_string() } else { format!("{table}\n{details}") }
}

fn describe(damage: &Damage) -> String {
    match damage {
        Damage::Interpreter { reason } => format!("the interpreter does not start: {reason}"),
        Damage::Missing { path } => format!("missing {}", path.display()),
        Damage::Changed { path } => format!("changed {}", path.display()),
        Damage::NoRecord { path } => format!("cannot read {}", path.display()),
    }
}

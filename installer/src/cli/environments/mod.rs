//! `attune-install env`

pub(in crate::cli) mod reports;

use std::ffi::OsString;
use std::path::PathBuf;

use attune_host::inventory::{
    Environments, ListedEnvironment, executable, list_environments, pack_environments,
};
use attune_host::machine::InterpreterSearch;
use attune_host::process::OperationKind;
use attune_host::root::HostRoot;
use attune_schemas::PackRef;
use attune_schemas::problem::ErrorCode;
use attune_terminal::{ArgValueCandidates, Failure, Output, Table};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::args::change::ChangeArgs;
use super::args::settings::{CommonArgs, caller_environment};
use super::failure::CommandError;
use super::logged::logged;
use super::words::installed_packs;
use crate::operations::{RebuildOptions, rebuild_environments};
use crate::source::SourceLocation;
use reports::{FoundExecutable, RebuiltEnvironments};

/// Shows the environments of packs, and builds them again.
#[derive(Debug, Args)]
pub(super) struct EnvArgs {
    #[command(subcommand)]
    command: EnvCommand,
}

#[derive(Debug, Subcommand)]
enum EnvCommand {
    /// List the environments of the installed packs
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Print the path of a pack's interpreter; processes that it started keep their modules after an upgrade
    Path {
        /// The pack
        #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
        pack: PackRef,
        /// The runtime
        #[arg(long, default_value = "python")]
        runtime: String,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Show the details of a pack's environments
    Show {
        /// The pack
        #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
        pack: PackRef,
        /// Show only the environment of this runtime
        #[arg(long)]
        runtime: Option<String>,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Rebuild a pack's environments, damaged or not
    Rebuild {
        /// The pack
        #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
        pack: PackRef,
        #[command(flatten)]
        build: BuildArgs,
        #[command(flatten)]
        common: CommonArgs,
    },
    #[command(hide = true, disable_help_flag = true)]
    Verify {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
        arguments: Vec<String>,
    },
    #[command(hide = true, disable_help_flag = true)]
    Repair {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
        arguments: Vec<String>,
    },
}

/// How environments are built again.
#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// Take packages that are damaged in the store from this bundle or registry
    #[arg(long, value_name = "BUNDLE|DIR|URL")]
    from: Option<OsString>,
    #[command(flatten)]
    change: ChangeArgs,
}

impl BuildArgs {
    /// Whether a source was named.
    pub(super) const fn has_source(&self) -> bool {
        self.from.is_some()
    }

    /// The settings that it stands for, of `pack` or of all.
    pub(super) fn options(
        &self,
        pack: Option<PackRef>,
        kind: OperationKind,
        now: Timestamp,
    ) -> Result<RebuildOptions, CommandError> {
        let caller = caller_environment();
        Ok(RebuildOptions {
            pack,
            only: None,
            from: self.from.as_deref().map(SourceLocation::of_either).transpose()?,
            search: InterpreterSearch::of(&caller, None),
            caller,
            change: self.change.options(kind, now),
        })
    }
}

impl EnvArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let (EnvCommand::List { common }
        | EnvCommand::Path { common, .. }
        | EnvCommand::Show { common, .. }
        | EnvCommand::Rebuild { common, .. }) = &self.command
        else {
            let (name, arguments) = match &self.command {
                EnvCommand::Repair { arguments } => ("repair", &arguments[..]),
                EnvCommand::Verify { arguments } => ("verify", &arguments[..]),
                _ => ("verify", &[][..]),
            };
            let is_json = arguments.iter().any(|argument| argument == "--json");
            return (if is_json { Output::Json } else { Output::Text }, Err(went_up(name)));
        };
        common.start_log();
        let result = common.host_root().and_then(|root| self.command.run(&root, common, now));
        (common.output(), result)
    }
}

impl EnvCommand {
    fn run(&self, root: &HostRoot, common: &CommonArgs, now: Timestamp) -> Result<(), CommandError> {
        match self {
            Self::List { .. } => {
                let environments = list_environments(root)?;
                common.write(&environments, render_list)
            }
            Self::Path { pack, runtime, .. } => {
                let path = executable(root, pack, runtime)?;
                let found = FoundExecutable { pack: pack.clone(), runtime: runtime.clone(), path };
                common.write(&found, |found| format!("{}\n", found.path.display()))
            }
            Self::Show { pack, runtime, .. } => {
                let environments = pack_environments(root, pack, runtime.as_deref())?;
                common.write(&environments, render_shown)
            }
            Self::Rebuild { pack, build, .. } => {
                let options = build.options(Some(pack.clone()), OperationKind::Rebuild, now)?;
                let reporter = common.report.reporter();
                let result = rebuild_environments(root, &options, &reporter).map_err(CommandError::from);
                let environments = logged(root, &options.change, result)?;
                if common.report.is_quiet() && !options.change.dry_run {
                    return Ok(());
                }
                let rebuilt = RebuiltEnvironments {
                    dry_run: options.change.dry_run,
                    root: root.path().to_owned(),
                    environments,
                };
                common.write(&rebuilt, render_rebuilt)
            }
            Self::Verify { .. } => Err(went_up("verify")),
            Self::Repair { .. } => Err(went_up("repair")),
        }
    }
}

/// The command `name` is one of its own now.
fn went_up(name: &str) -> CommandError {
    let message = format!("`env {name}` is a part of `{name}` now");
    let hint =
        format!("use `attune-install {name} --environments`, or `attune-install {name}` for packs as well");
    CommandError(Failure::from_message(message, ErrorCode::CommandMoved).with_hint(Some(hint)))
}

fn render_rebuilt(RebuiltEnvironments { dry_run, environments, .. }: &RebuiltEnvironments) -> String {
    if environments.is_empty() {
        return "it has no environment: nothing to build\n".to_owned();
    }
    let mut table = Table::new(&["PACK", "RUNTIME", "STATUS", "INTERPRETER"]);
    for one in environments {
        table.push(vec![
            one.pack.to_string(),
            one.runtime.clone(),
            match (*dry_run, one.moved) {
                (true, false) => "to be built again",
                (true, true) => "to be built for another interpreter",
                (false, true) => "built for another interpreter",
                (false, false) => "built again",
            }
            .to_owned(),
            one.interpreter.display().to_string(),
        ]);
    }
    table.to_string()
}

fn render_shown(shown: &Environments) -> String {
    let shown = shown.environments.iter().map(|environment| {
        let due = if environment.needs_verification { ", due for verification" } else { "" };
        let mut lines = vec![
            format!("{} {}: {}", environment.pack, environment.version, names(environment)),
            format!("  status        {} ({}{due})", environment.status.as_str(), environment.health),
            format!("  path          {}", environment.path.display()),
        ];
        let mut add = |name: &str, value: Option<String>| {
            let value = value.filter(|value| !value.is_empty());
            lines.extend(value.map(|value| {
                format!("  {name:<13} {}", value.trim_end().replace('\n', "\n                "))
            }));
        };
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        add("executable", path(&environment.executable));
        add("interpreter", path(&environment.interpreter));
        add("version", environment.interpreter_version.clone());
        add("packages", Some(environment.packages.to_string()));
        add("store", path(&environment.store));
        add("installed", environment.installed_at.clone());
        add("verified", environment.last_verified.clone());
        add("error", environment.install_error.clone());
        add("log", environment.install_log.clone());
        lines.join("\n") + "\n"
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// `python, python-3.11`: all names of an environment.
fn names(environment: &ListedEnvironment) -> String {
    let names = std::iter::once(&environment.runtime).chain(&environment.aliases);
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn render_list(listed: &Environments) -> String {
    let environments = &listed.environments;
    if environments.is_empty() {
        return "no pack has an environment\n".to_owned();
    }
    let mut table = Table::new(&["PACK", "RUNTIME", "STATUS", "VERSION", "PACKAGES", "PATH"]);
    for environment in environments {
        table.push(vec![
            environment.pack.to_string(),
            names(environment),
            environment.status.as_str().to_owned(),
            environment.interpreter_version.clone().unwrap_or_else(|| "-".to_owned()),
            environment.packages.to_string(),
            environment.path.display().to_string(),
        ]);
    }
    table.to_string()
}

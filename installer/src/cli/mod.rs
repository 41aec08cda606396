//! The command line: what can be asked, and how answers are shown. The work is in the library.

mod args;
mod checks;
mod disk;
mod documents;
mod environments;
mod export;
mod failure;
mod hints;
mod install;
mod lifecycle;
mod logged;
mod registry;
mod shown;
mod stages;
mod trust;
mod without_network;
mod words;
mod workflows;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use attune_host::database::sqlite_version;
use attune_terminal::{
    CompletionsArgs, Component, Failure, HELP_STYLES, HelpArgs, ManArgs, Output, Program, asked_output,
    complete, details, parse, survive_file_limit, write_result,
};
use clap::{CommandFactory, Parser};
use jiff::Timestamp;

use args::settings::CommonArgs;
use failure::CommandError;

pub use documents::documents;

/// Installs Attune packs from a signed bundle or registry, offline.
///
/// Every byte is verified before it is used. Packs are unpacked and tested beside the running ones, and become active
/// by a single rename; after a failure the root is unchanged.
#[derive(Debug, Parser)]
#[command(
    name = "attune-install",
    version,
    styles = HELP_STYLES,
    override_usage = USAGE,
    after_help = AFTER_HELP,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Here so that the options may stand before a command; each command reads them.
    #[command(flatten)]
    _common: CommonArgs,
}

const USAGE: &str = "\
attune-install [OPTIONS] <BUNDLE> [PACK]...
       attune-install [OPTIONS] [--registry <URL|DIR|NAME>] <PACK>...
       attune-install [OPTIONS] <COMMAND>";

const AFTER_HELP: &str = "\
Examples:
  attune-install bundle.tar.zst --trust root.json         first install from a registry
  attune-install bundle.tar.zst                           later: the host trusts the registry
  attune-install weather net_tools@^1 --registry http://10.0.0.5:8080
  attune-install weather@stable                           from the registries that the host knows
  attune-install --from-file packs.toml --prune           exactly the packs of a file
  attune-install list --json

A registry's URL may contain a user and password; without them, those of .netrc are used. It is
fetched through the proxies of HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and verified with the
certificates of SSL_CERT_FILE or SSL_CERT_DIR, or with the machine's.

Exit codes:
  0 done   1 failed   2 usage   3 not trusted or damaged   4 unresolvable   5 environment
  6 pack tests   7 registration   8 another install is running";

// A line here would take the place of all that a command's own type tells: those with more to tell have none.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Install packs; `attune-install BUNDLE` and `attune-install PACK` are short for it.
    Install(install::InstallArgs),
    Upgrade(install::UpgradeArgs),
    #[command(visible_alias = "rm")]
    Uninstall(lifecycle::UninstallArgs),
    Restore(lifecycle::RestoreArgs),
    Export(export::ExportArgs),
    Rollback(lifecycle::RollbackArgs),
    History(lifecycle::HistoryArgs),
    Hold(lifecycle::HoldArgs),
    /// Let packs that are held change again.
    Unhold(lifecycle::UnholdArgs),
    Pin(lifecycle::PinArgs),
    /// Let packs leave the ranges that they are pinned to.
    Unpin(lifecycle::UnpinArgs),
    /// List the installed packs.
    #[command(visible_alias = "ls")]
    List(shown::list::ListArgs),
    /// Show what is known of a pack.
    #[command(visible_alias = "info")]
    Show(shown::show::ShowArgs),
    Search(shown::search::SearchArgs),
    Outdated(shown::outdated::OutdatedArgs),
    Inspect(shown::inspect::InspectArgs),
    Diff(shown::diff::DiffArgs),
    Inventory(shown::inventory::InventoryArgs),
    /// Show what depends on what.
    Tree(shown::tree::TreeArgs),
    /// Show why a pack is installed.
    Why(shown::why::WhyArgs),
    /// Show and change the registries that packs come from.
    Registry(registry::RegistryArgs),
    Status(checks::status::StatusArgs),
    Doctor(checks::doctor::DoctorArgs),
    Validate(checks::validate::ValidateArgs),
    Verify(checks::verify::VerifyArgs),
    Repair(checks::repair::RepairArgs),
    Test(checks::test::TestArgs),
    Download(stages::download::DownloadArgs),
    Deps(stages::deps::DepsArgs),
    BuildEnvs(stages::build_envs::BuildEnvsArgs),
    Register(stages::register::RegisterArgs),
    /// Show each pack's disk usage, its own and shared.
    Du(disk::DuArgs),
    Gc(disk::GcArgs),
    /// Show and rebuild the packs' environments.
    Env(environments::EnvArgs),
    /// Show and check the packs' workflows, and bring their rows in step.
    Workflow(workflows::WorkflowArgs),
    /// Show and change the registries that this host trusts.
    Trust(trust::TrustArgs),
    /// Print a shell's completion script for this program.
    Completions(CompletionsArgs),
    /// Print or write manual pages.
    Man(ManArgs),
    /// Print the help of the program, of a command or of an error code.
    Help(HelpArgs),
    #[command(hide = true)]
    WithoutNetwork(without_network::WithoutNetworkArgs),
}

const PROGRAM: Program = Program { verbs: words::VERBS, version };

fn version() -> String {
    let mut components = vec![Component::Sqlite(sqlite_version()), Component::Zstd, Component::Tuf];
    if cfg!(feature = "http") {
        components.push(Component::Rustls);
    }
    details("attune-install", env!("CARGO_PKG_VERSION"), &[("http", cfg!(feature = "http"))], &components)
}

/// The command line, as clap sees it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line `args`; `now` is the time that metadata is judged by.
pub fn run(args: impl IntoIterator<Item = OsString>, now: Timestamp) -> ExitCode {
    // Workers under other users must be able to read what is installed, whoever installs it.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    survive_file_limit();
    let args: Vec<OsString> = args.into_iter().collect();
    if complete(|| words::completed(Cli::command()), &args) {
        return ExitCode::SUCCESS;
    }
    let args = match words::with_command(args.clone()) {
        Ok(args) => args,
        Err(failure) => return shown(&failure, asked_output(&args)),
    };
    let cli: Cli = match parse(&args, &PROGRAM) {
        Ok(cli) => cli,
        Err(code) => return ExitCode::from(code),
    };
    let (output, result) = match cli.command {
        Command::WithoutNetwork(args) => return args.run(),
        Command::Install(args) => args.run(now),
        Command::Upgrade(args) => args.run(now),
        Command::Uninstall(args) => args.run(now),
        Command::Restore(args) => args.run(now),
        Command::Rollback(args) => args.run(now),
        Command::History(args) => args.run(),
        Command::Hold(args) => args.run(now),
        Command::Unhold(args) => args.run(now),
        Command::Pin(args) => args.run(now),
        Command::Unpin(args) => args.run(now),
        Command::List(args) => args.run(),
        Command::Show(args) => args.run(now),
        Command::Search(args) => args.run(now),
        Command::Outdated(args) => args.run(now),
        Command::Inspect(args) => args.run(now),
        Command::Diff(args) => return args.run(now),
        Command::Inventory(args) => args.run(now),
        Command::Validate(args) => args.run(now),
        Command::Tree(args) => args.run(),
        Command::Why(args) => args.run(),
        Command::Registry(args) => args.run(now),
        Command::Status(args) => args.run(now),
        Command::Doctor(args) => args.run(now),
        Command::Verify(args) => args.run(),
        Command::Test(args) => args.run(now),
        Command::Download(args) => args.run(now),
        Command::Deps(args) => args.run(),
        Command::Export(args) => args.run(now),
        Command::BuildEnvs(args) => args.run(now),
        Command::Register(args) => args.run(now),
        Command::Du(args) => args.run(),
        Command::Gc(args) => args.run(now),
        Command::Env(args) => args.run(now),
        Command::Repair(args) => args.run(now),
        Command::Workflow(args) => args.run(now),
        Command::Trust(args) => args.run(now),
        Command::Completions(args) => written(args.script(&Cli::command())),
        Command::Man(args) => written(args.write(Cli::command())),
        Command::Help(topic) => match topic.text(Cli::command(), words::VERBS) {
            Ok(text) => written(Ok(text)),
            Err(failure) => (asked_output(&args), Err(CommandError(failure))),
        },
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(CommandError(failure)) => {
            // Of a command that moved, nothing is known but its line.
            let asked = asked_output(&args);
            shown(&failure, if output == Output::Text { asked } else { output })
        }
    }
}

fn shown(failure: &Failure, output: Output) -> ExitCode {
    failure.show(output);
    ExitCode::from(failure.exit_code())
}

/// The result of a command that tells of the program itself.
fn written(text: io::Result<String>) -> (Output, Result<(), CommandError>) {
    let result = text.map_err(|error| CommandError::of_machine(&error));
    let result = result.and_then(|text| write_result(&text).map_err(|error| CommandError::of_output(&error)));
    (Output::Text, result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_with_more_to_tell_tell_it() {
        let cli = command();
        for name in [
            "upgrade",
            "uninstall",
            "restore",
            "rollback",
            "history",
            "hold",
            "pin",
            "inspect",
            "diff",
            "inventory",
            "validate",
            "search",
            "outdated",
            "status",
            "doctor",
            "verify",
            "repair",
            "test",
            "gc",
            "download",
            "deps",
            "export",
            "build-envs",
            "register",
        ] {
            let found = cli.find_subcommand(name).unwrap();
            assert!(found.get_about().is_some() && found.get_long_about().is_some(), "{name}");
        }
    }
}

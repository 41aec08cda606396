//! The command line: what can be asked, and how answers are shown. The work is in the library.

mod disk;
mod documents;
mod duration;
mod environment_reports;
mod environments;
mod failure;
mod hints;
mod install;
mod link_mode;
mod list;
mod repair;
mod settings;
mod trust;
mod trust_reports;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use attune_terminal::{show_usage, survive_file_limit};
use clap::Parser;
use jiff::Timestamp;

use failure::CommandError;

pub use documents::documents;

/// Installs Attune packs from a signed bundle or registry, offline.
///
/// Everything is verified before it is unpacked, unpacked and tested beside what is running, and made
/// active by a single rename. When anything fails, the root is as it was.
#[derive(Debug, Parser)]
#[command(
    name = "attune-install",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = AFTER_HELP
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    install: install::InstallArgs,
}

const AFTER_HELP: &str = "\
Examples:
  attune-install bundle.tar.zst --trust root.json         first install from a registry
  attune-install bundle.tar.zst                           later ones: the host remembers whom it trusts
  attune-install weather net_tools@^1 --registry http://10.0.0.5:8080
  attune-install list --json

A registry at a URL is asked through HTTPS_PROXY, HTTP_PROXY and NO_PROXY, with the user and
password in the URL. For https the certificates of SSL_CERT_FILE or SSL_CERT_DIR are trusted, else
the machine's.

Exit codes:
  0 done   1 failed   2 usage   3 not trusted or damaged   4 unresolvable   5 environment
  6 pack tests   7 registration   8 another install is running";

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Install packs; the same as naming a bundle or packs without a command.
    Install(install::InstallArgs),
    /// Show what is installed.
    List(list::ListArgs),
    /// Check that everything installed is still what was installed.
    Verify(verify::VerifyArgs),
    /// Make what is installed again what was installed.
    Repair(repair::RepairArgs),
    /// Show what each pack costs on disk, alone and shared.
    Du(disk::DuArgs),
    /// Remove older generations, and what only they used.
    Gc(disk::GcArgs),
    /// Show the environments of packs, and build them again.
    Env(environments::EnvArgs),
    /// Show and change whom this host trusts.
    Trust(trust::TrustArgs),
}

/// Runs the command line `args`; `now` is the time that metadata is judged by.
pub fn run(args: impl IntoIterator<Item = OsString>, now: Timestamp) -> ExitCode {
    // Workers under other users must be able to read what is installed, whoever installs it.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    survive_file_limit();
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(show_usage(&error, &args)),
    };
    let (output, result) = match cli.command {
        None => cli.install.run(now),
        Some(Command::Install(args)) => args.run(now),
        Some(Command::List(args)) => args.run(),
        Some(Command::Verify(args)) => args.run(),
        Some(Command::Du(args)) => args.run(),
        Some(Command::Gc(args)) => args.run(),
        Some(Command::Env(args)) => args.run(now),
        Some(Command::Repair(args)) => args.run(now),
        Some(Command::Trust(args)) => args.run(now),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(CommandError(failure)) => {
            failure.show(output);
            ExitCode::from(failure.exit_code())
        }
    }
}

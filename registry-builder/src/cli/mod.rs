//! The command line: what can be asked, and how answers are shown. The work is in the library.

mod add;
mod bundle;
mod candidates;
mod confined;
mod documents;
mod failure;
mod findings;
mod hints;
mod inspect;
mod lint;
mod outputs;
mod pack_set;
mod runtime;
mod sarif;
mod settings;
mod signing;
mod sources;
mod verbs;
mod verify;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use attune_terminal::{
    CompletionsArgs, Component, HELP_STYLES, HelpArgs, ManArgs, Output, Program, ReportArgs, asked_output,
    clear_bars_on_signals, complete, details, parse, survive_file_limit, write_result,
};
use clap::{CommandFactory as _, Parser};
use jiff::Timestamp;

pub use documents::documents;
use failure::CommandError;

/// Builds signed static registries and offline bundles of Attune packs.
///
/// A registry is a directory of plain files: host it with attune-serve, any web server or object store,
/// or make bundles of it for machines without a network.
#[derive(Debug, Parser)]
#[command(name = "attune-build", version, styles = HELP_STYLES, after_help = AFTER_HELP)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Here so that the options may stand before a command; each command reads them.
    #[command(flatten)]
    _report: ReportArgs,
}

const AFTER_HELP: &str = "\
Examples:
  attune-build init ./packs-registry --name demo
  attune-build lint packs/weather
  attune-build add ./packs-registry packs/* --platform amd64,arm64 --python 3.11,3.12
  attune-build bundle ./packs-registry weather net_tools@^1 -o bundle.tar.zst
  attune-build inspect bundle.tar.zst
  attune-build verify bundle.tar.zst
  attune-build refresh ./packs-registry
  attune-build key rotate ./packs-registry --role timestamp

`attune-build add --help` lists the proxies, certificates and logins that downloads use.

Exit codes:
  0 done   1 failed   2 usage   3 not trusted or damaged   4 unresolvable   8 registry is busy";

/// The last lines of the helps of commands that download.
const NETWORK_HELP: &str = "\
Downloads use the proxies of HTTPS_PROXY, HTTP_PROXY and NO_PROXY, the certificates of SSL_CERT_FILE
or SSL_CERT_DIR, or the machine's, and the logins of .npmrc, .netrc and uv's configuration, never
those of a pack.";

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Create an empty, signed registry
    Init(signing::init::InitArgs),
    /// Add packs: lint, vendor, archive, index, sign
    Add(Box<add::AddArgs>),
    Lint(lint::LintArgs),
    /// Write packs and their dependencies to one file
    Bundle(bundle::BundleArgs),
    /// Show the contents of a registry or bundle, and the targets it installs on
    Inspect(inspect::InspectArgs),
    /// Verify every file of a registry or bundle: digests, sizes, signatures, archives
    Verify(verify::VerifyArgs),
    /// Sign snapshot and timestamp again, so that the registry stays valid
    Refresh(signing::refresh::RefreshArgs),
    /// Create keys, and assign them to roles
    Key(signing::key::KeyCommandArgs),
    /// Change the root, alone or with several signers
    Root(signing::root::RootArgs),
    /// Add and list interpreters that bundles can carry
    Runtime(runtime::RuntimeArgs),
    /// Print a shell's completion script for this program
    Completions(CompletionsArgs),
    /// Print or write manual pages
    Man(ManArgs),
    /// Print the help of the program, of a command or of an error code
    Help(HelpArgs),
    /// Run a program that may touch nothing but what is named; for this program's own use
    #[command(hide = true)]
    Confined(confined::ConfinedArgs),
}

const PROGRAM: Program = Program { verbs: verbs::VERBS, version };

fn version() -> String {
    let components = [Component::Zstd, Component::Tuf, Component::Rustls];
    details("attune-build", env!("CARGO_PKG_VERSION"), &[], &components)
}

/// The command line, as clap sees it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line `args`; `now` is the time of signing.
pub fn run(args: impl IntoIterator<Item = OsString>, now: Timestamp) -> ExitCode {
    survive_file_limit();
    let args: Vec<OsString> = args.into_iter().collect();
    if complete(Cli::command, &args) {
        return ExitCode::SUCCESS;
    }
    let cli: Cli = match parse(&args, &PROGRAM) {
        Ok(cli) => cli,
        Err(code) => return ExitCode::from(code),
    };
    clear_bars_on_signals();
    let (output, result) = match cli.command {
        Command::Init(args) => args.run(now),
        Command::Add(args) => args.run(now),
        Command::Lint(args) => args.run(),
        Command::Bundle(args) => args.run(now),
        Command::Inspect(args) => args.run(now),
        Command::Verify(args) => args.run(now),
        Command::Refresh(args) => args.run(now),
        Command::Key(args) => args.run(now),
        Command::Root(args) => args.run(now),
        Command::Runtime(args) => args.run(now),
        Command::Completions(args) => written(args.script(&Cli::command())),
        Command::Man(args) => written(args.write(Cli::command())),
        Command::Help(topic) => match topic.text(Cli::command(), verbs::VERBS) {
            Ok(text) => written(Ok(text)),
            Err(failure) => (asked_output(&args), Err(failure.into())),
        },
        Command::Confined(args) => return args.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(error.show(output)),
    }
}

/// The result of a command that tells of the program itself.
fn written(text: io::Result<String>) -> (Output, Result<(), CommandError>) {
    let result = text.map_err(|error| CommandError::of_machine(&error));
    let result = result.and_then(|text| write_result(&text).map_err(|error| CommandError::of_output(&error)));
    (Output::Text, result)
}

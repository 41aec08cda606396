//! The command line: what can be asked, and how answers are shown. The work is in the library.

mod add;
mod bundle;
mod confined;
mod documents;
mod failure;
mod findings;
mod hints;
mod inspect;
mod lint;
mod runtime;
mod settings;
mod signing;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use attune_terminal::{show_usage, survive_file_limit};
use clap::Parser;
use jiff::Timestamp;

pub use documents::documents;

/// Builds signed static registries and offline bundles of Attune packs.
///
/// A registry is a directory of plain files: host it with attune-serve, any web server or object store,
/// or cut it into bundles that install where there is no network.
#[derive(Debug, Parser)]
#[command(name = "attune-build", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  attune-build init ./packs-registry --name demo
  attune-build lint packs/weather
  attune-build add ./packs-registry packs/* --platform linux/amd64 --python 3.11 --python 3.12
  attune-build bundle ./packs-registry weather net_tools@^1 -o bundle.tar.zst
  attune-build inspect bundle.tar.zst
  attune-build verify bundle.tar.zst
  attune-build refresh ./packs-registry
  attune-build key rotate ./packs-registry --role timestamp

`attune-build add --help` says which proxies, certificates (SSL_CERT_FILE) and logins downloads use.

Exit codes:
  0 done   1 failed   2 usage   3 not trusted or damaged   4 unresolvable   8 registry is busy";

/// The last lines of the helps of commands that download.
const NETWORK_HELP: &str = "\
Downloads go through HTTPS_PROXY, HTTP_PROXY and NO_PROXY, trust the certificates of SSL_CERT_FILE
or SSL_CERT_DIR, else the machine's, and log in as .npmrc, .netrc and uv's configuration say, never
as a pack says.";

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a new, empty, signed registry
    Init(signing::init::InitArgs),
    /// Add packs: lint, vendor, archive, index, sign
    Add(add::AddArgs),
    /// Check packs as add does, without a registry, and list the files that would be packed
    Lint(lint::LintArgs),
    /// Cut a bundle: packs with all they need, in one file
    Bundle(bundle::BundleArgs),
    /// Show what a registry or a bundle holds, and where it installs
    Inspect(inspect::InspectArgs),
    /// Read every file of a registry or a bundle, and check it: digests, sizes, signatures, archives
    Verify(verify::VerifyArgs),
    /// Sign snapshot and timestamp anew, so that the registry stays valid
    Refresh(signing::refresh::RefreshArgs),
    /// Make keys, and say which of them sign what
    Key(signing::key::KeyCommandArgs),
    /// Change the root, also with several people who sign apart
    Root(signing::root::RootArgs),
    /// Carry interpreters, for targets that have none
    Runtime(runtime::RuntimeArgs),
    /// Run a program that may touch nothing but what is named; for this program's own use
    #[command(hide = true)]
    Confined(confined::ConfinedArgs),
}

/// Runs the command line `args`; `now` is the time of signing.
pub fn run(args: impl IntoIterator<Item = OsString>, now: Timestamp) -> ExitCode {
    survive_file_limit();
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(show_usage(&error, &args)),
    };
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
        Command::Confined(args) => return args.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(error.show(output)),
    }
}

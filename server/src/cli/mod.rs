//! The command line of `attune-serve`, as clap sees it.
//!
//! Only spelling and help; the meaning of the arguments is in [`Settings`], which is made of a
//! parsed [`Cli`]. Every service of the server is a subcommand.

mod failure;
#[cfg(feature = "host")]
mod host;
mod report;
mod settings;
mod verbs;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use attune_terminal::{
    ColorArgs, CompletionsArgs, Component, HELP_STYLES, HelpArgs, ManArgs, Output, Program, asked_output,
    complete, details, parse,
};
use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueHint};
use jiff::Timestamp;

#[cfg(feature = "host")]
pub use host::{Certificate, HostArgs, HostService, NoDirectory, NoHost, TokenArgs};
pub use report::{documents, report_error, report_listening, written};
pub use settings::{Service, Settings, Verbosity};

const REGISTRY_EXAMPLES: &str = "\
Examples:
  attune-serve registry ./packs-registry
      Host a registry for this machine alone, on port 8080
  attune-serve registry /srv/packs --listen 0.0.0.0:80 -v
      Host it for the network, and log each request
  attune-serve registry ./packs-registry --listen 127.0.0.1:0 --json
      Take any free port, and print it in JSON

Then:
  attune-install weather --registry http://127.0.0.1:8080 --trust root.json

The host need not be trusted: clients verify every byte against the registry's signed metadata.
GET /healthz answers 200 while the registry can be read. Put a TLS proxy in front for https.
A request's head may take 10 s, and an idle connection 60 s; a body is sent with at least 256 bytes a
second. Connections above the maximum get 503.";

/// A tiny host for static pack registries.
#[derive(Debug, Parser)]
#[command(name = "attune-serve", version, styles = HELP_STYLES, max_term_width = 100)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Cli {
    /// The service to run.
    #[command(subcommand)]
    pub command: Command,

    /// How to report.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// A service of the server, or what the program tells of itself.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Host the files of a pack registry over HTTP
    #[command(after_help = REGISTRY_EXAMPLES)]
    Registry(RegistryArgs),
    /// Serve the Pack API of an installed host
    #[cfg(feature = "host")]
    #[command(after_help = host::EXAMPLES)]
    Host(HostArgs),
    /// Make, list and revoke the tokens that the Pack API asks for
    #[cfg(feature = "host")]
    Token(TokenArgs),
    /// Print a shell's completion script for this program
    Completions(CompletionsArgs),
    /// Print or write manual pages
    Man(ManArgs),
    /// Print the help of the program, of a command or of an error code
    Help(HelpArgs),
}

const PROGRAM: Program = Program { verbs: verbs::VERBS, version };

fn version() -> String {
    details("attune-serve", env!("CARGO_PKG_VERSION"), &[], &[Component::Zstd, Component::Tuf])
}

/// The command line, as clap sees it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// The settings that `args` ask for, at the time `now`.
///
/// # Errors
/// The exit code, where everything is done: `args` cannot be understood, or ask about the program itself.
#[cfg_attr(not(feature = "host"), expect(unused_variables, reason = "tokens alone end at a time"))]
pub fn settings(args: &[OsString], now: Timestamp) -> Result<Settings, u8> {
    if complete(Cli::command, args) {
        return Err(0);
    }
    let cli: Cli = parse(args, &PROGRAM)?;
    match &cli.command {
        Command::Registry(registry) => Ok(Settings::of_registry(registry, &cli.report)),
        #[cfg(feature = "host")]
        Command::Host(host) => Ok(Settings::of_host(host, &cli.report)),
        #[cfg(feature = "host")]
        Command::Token(token) => Err(token.run(cli.report.output(), now)),
        Command::Completions(args) => Err(written(args.script(&Cli::command()))),
        Command::Man(args) => Err(written(args.write(Cli::command()))),
        Command::Help(topic) => match topic.text(Cli::command(), verbs::VERBS) {
            Ok(text) => Err(written(Ok(text))),
            Err(failure) => {
                failure.show(asked_output(args));
                Err(failure.exit_code())
            }
        },
    }
}

/// The arguments of `attune-serve registry`.
#[derive(Debug, Args)]
pub struct RegistryArgs {
    /// The registry: a directory that contains `metadata/`, `packs/` and `blobs/`
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub directory: PathBuf,

    /// The address and port to listen on; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    #[arg(value_parser = listen_address)]
    pub listen: SocketAddr,

    /// The maximum number of connections [default: as many as the limit on open files allows]
    #[arg(long, value_name = "N")]
    pub max_connections: Option<NonZeroUsize>,
}

/// The arguments that every service has.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Report in JSON: one line with the address once the server listens, or with the error
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,

    /// Print only errors and the --json output
    #[arg(long, short, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub quiet: bool,

    /// Log each request to standard error; `-vv` also logs why a path was refused
    #[arg(long, short, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,

    /// Whether there are colours.
    #[command(flatten)]
    pub color: ColorArgs,
}

impl ReportArgs {
    const fn output(&self) -> Output {
        if self.json { Output::Json } else { Output::Text }
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let text = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    text.parse().map_err(|_| {
        "expected an IP address and a port, such as `127.0.0.1:8080`, `0.0.0.0:80` or `[::1]:8080`".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn listen_addresses() {
        for good in ["127.0.0.1:0", "[::1]:8080", "0.0.0.0:80", "localhost:8080"] {
            assert!(listen_address(good).is_ok(), "{good}");
        }
        for bad in ["", "8080", ":8080", "127.0.0.1", "::1:", "127.0.0.1:70000", "localhost:"] {
            assert!(listen_address(bad).is_err(), "{bad}");
        }
    }
}

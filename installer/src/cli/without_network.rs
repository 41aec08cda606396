//! `attune-install without-network`, hidden: brings the loopback interface up, then becomes another program.
//!
//! It is run by this very program, inside an empty network namespace, between `unshare` and the tests of a pack.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use attune_registry::confinement::start_loopback;
use clap::Args;

/// The exit status of a shell that could not start a program.
const NOT_STARTED: u8 = 127;

/// The program to run.
#[derive(Debug, Args)]
pub(super) struct WithoutNetworkArgs {
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl WithoutNetworkArgs {
    /// Returns only where it failed.
    pub(super) fn run(self) -> ExitCode {
        let [program, arguments @ ..] = &self.command[..] else { unreachable!("clap requires a program") };
        if let Err(error) = start_loopback() {
            tracing::info!("the loopback interface stays down: {error}");
        }
        let error = Command::new(program).args(arguments).exec();
        tracing::error!("{error}");
        ExitCode::from(NOT_STARTED)
    }
}

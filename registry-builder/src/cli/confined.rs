//! `attune-build confined`, hidden: gives up the right to other people's files, then becomes another program.
//!
//! It is run by this very program, inside a network namespace, between which and a stranger's program
//! somebody has to take the rights away; both must be done before the program starts, and in this order.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use attune_registry::confinement::{STATUS_NOT_CONFINED, restrict};
use clap::Args;

/// The directories that may be read and written, and the program to run.
#[derive(Debug, Args)]
pub(super) struct ConfinedArgs {
    #[arg(long)]
    readable: Vec<PathBuf>,
    #[arg(long)]
    writable: Vec<PathBuf>,
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl ConfinedArgs {
    /// Returns only where it failed.
    pub(super) fn run(self) -> ExitCode {
        let [program, arguments @ ..] = &self.command[..] else { unreachable!("clap requires a program") };
        let failure = match restrict(self.readable, self.writable) {
            Ok(()) => Command::new(program).args(arguments).exec().to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!("{failure}");
        ExitCode::from(STATUS_NOT_CONFINED)
    }
}

//! Options that every command has.

use std::path::PathBuf;

use attune_registry::terminal::Output;
use clap::Args;
use tracing::level_filters::LevelFilter;

use crate::error::InstallError;
use crate::host::HostRoot;

/// Where, and how answers are shown.
#[derive(Debug, Args)]
pub(super) struct CommonArgs {
    /// The installation root
    #[arg(long, env = "ATTUNE_ROOT", default_value = "/opt/attune", value_name = "DIR")]
    pub(super) root: PathBuf,
    /// Write the result as JSON, and errors as JSON to standard error
    #[arg(long)]
    pub(super) json: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// Tell more of what is done; twice for everything
    #[arg(short, long, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
}

impl CommonArgs {
    pub(super) fn output(&self) -> Output {
        if self.json { Output::Json } else { Output::Text }
    }

    pub(super) fn host_root(&self) -> Result<HostRoot, InstallError> {
        HostRoot::new(&self.root).map_err(|source| InstallError::Root { root: self.root.clone(), source })
    }

    /// Starts the log on standard error.
    pub(super) fn start_log(&self) {
        let level = match self.verbose {
            0 if self.quiet => LevelFilter::ERROR,
            0 => LevelFilter::WARN,
            1 => LevelFilter::INFO,
            _ => LevelFilter::DEBUG,
        };
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_target(false)
            .without_time()
            .with_writer(anstream::stderr)
            .init();
    }
}

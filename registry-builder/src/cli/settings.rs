//! Options that several commands have.

use std::path::{Path, PathBuf};

use attune_registry::terminal::Output;
use attune_schemas::{Platform, PythonMinor};
use clap::Args;
use tracing::level_filters::LevelFilter;

use crate::python_target::TargetSelection;
use crate::registry::default_key_directory;

/// How answers are shown.
#[derive(Debug, Args)]
pub(super) struct CommonArgs {
    /// Write the result as JSON, and errors as JSON to standard error
    #[arg(long)]
    json: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
    /// Tell more of what is done; twice for everything
    #[arg(short, long, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
}

impl CommonArgs {
    pub(super) fn output(&self) -> Output {
        if self.json { Output::Json } else { Output::Text }
    }

    /// Whether progress and warnings are kept back.
    pub(super) fn is_silent(&self) -> bool {
        self.quiet || self.json
    }

    /// Whether even the result is kept back.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet && !self.json
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

/// Where the registry's keys are.
#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    /// The directory with the registry's private keys [default: REGISTRY.keys, beside the registry]
    #[arg(long, value_name = "DIR", env = "ATTUNE_KEYS")]
    keys: Option<PathBuf>,
}

impl KeyArgs {
    pub(super) fn directory(&self, registry: &Path) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| default_key_directory(registry))
    }
}

/// What to build for.
#[derive(Debug, Args)]
pub(super) struct TargetArgs {
    /// A machine to build for, such as linux/amd64; repeatable [default: this machine]
    #[arg(long = "platform", value_name = "OS/ARCH")]
    platforms: Vec<Platform>,
    /// A Python to build for, such as 3.11; repeatable [default: that of python3 here]
    #[arg(long = "python", value_name = "3.N")]
    pythons: Vec<PythonMinor>,
}

impl TargetArgs {
    pub(super) fn selection(&self) -> TargetSelection {
        TargetSelection { platforms: self.platforms.clone(), pythons: self.pythons.clone() }
    }
}

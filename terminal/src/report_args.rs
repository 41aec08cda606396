//! Options about the report that every command has.

use std::io::{self, Write};

use attune_registry::report::without_secrets;
use clap::{ArgAction, Args};
use tracing::level_filters::LevelFilter;

use crate::{Output, TerminalReporter};

/// The form of the report, and how much is told on the way.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// Write the result as JSON, and errors as JSON to standard error
    #[arg(long)]
    pub json: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
    /// Show more detail; `-vv` for everything
    #[arg(short, long, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
}

impl ReportArgs {
    /// The form of the result.
    pub const fn output(&self) -> Output {
        if self.json { Output::Json } else { Output::Text }
    }

    /// Whether progress and warnings are kept back.
    pub const fn is_silent(&self) -> bool {
        self.quiet || self.json
    }

    /// Whether even the result is kept back.
    pub const fn is_quiet(&self) -> bool {
        self.quiet && !self.json
    }

    /// The reporter that the options ask for. Warnings that must be seen are kept back for JSON alone.
    pub fn reporter(&self) -> TerminalReporter {
        let reporter = TerminalReporter::new(self.is_silent());
        if self.json { reporter } else { reporter.with_alarms() }
    }

    /// Starts the log on standard error.
    pub fn start_log(&self) {
        start_log(match self.verbose {
            0 if self.quiet => LevelFilter::ERROR,
            0 => LevelFilter::WARN,
            1 => LevelFilter::INFO,
            _ => LevelFilter::DEBUG,
        });
    }
}

/// Starts the log on standard error, from `level` on.
pub fn start_log(level: LevelFilter) {
    tracing_subscriber::fmt()
        .with_max_level(level)
        // Where a log cannot be written, that is no reason to stop: it would panic.
        .log_internal_errors(false)
        .with_target(false)
        .without_time()
        .with_writer(|| Discreet(anstream::stderr()))
        .init();
}

/// Leaves logins and tokens in URLs out of the log. Each entry comes in one piece.
struct Discreet<W>(W);

impl<W: Write> Write for Discreet<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(without_secrets(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

//! Options about the report that every command has.

use clap::{ArgAction, Args};
use tracing::level_filters::LevelFilter;

use crate::color::ColorArgs;
use crate::log::start_log;
use crate::output::Output;
use crate::progress::{ProgressForm, TerminalReporter, Told};

/// The form of the report, and how much is told on the way. The options may stand before a command as well.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// Write the result as JSON, and errors as JSON to standard error
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,
    /// Print only errors, critical warnings and requested results
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub quiet: bool,
    /// Show more detail; `-vv` for everything
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    #[arg(help_heading = "Global options")]
    pub verbose: u8,
    /// Show progress as bars on a terminal (`auto`), as events on standard error (`json`), or not at all (`none`)
    #[arg(long, global = true, value_name = "FORM", default_value = "auto", hide_possible_values = true)]
    #[arg(value_enum, help_heading = "Global options")]
    pub progress: ProgressForm,
    #[command(flatten)]
    color: ColorArgs,
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

    /// Whether even the report of a deed is kept back; an answer that was asked for never is.
    pub const fn is_quiet(&self) -> bool {
        self.quiet && !self.json
    }

    /// The reporter that the options ask for. Warnings that must be seen are kept back for JSON alone.
    pub fn reporter(&self) -> TerminalReporter {
        let is_silent = self.is_silent();
        TerminalReporter::new(Told {
            progress: match self.progress {
                ProgressForm::Auto if is_silent => ProgressForm::None,
                form => form,
            },
            warnings: !is_silent || self.progress == ProgressForm::Json,
            alarms: !self.json || self.progress == ProgressForm::Json,
            folds: self.verbose == 0,
        })
    }

    /// Starts the log on standard error.
    pub fn start_log(&self) {
        let level = match self.verbose {
            0 if self.quiet && !self.json => LevelFilter::ERROR,
            0 => LevelFilter::WARN,
            1 => LevelFilter::INFO,
            _ => LevelFilter::DEBUG,
        };
        start_log(level, self.output());
    }
}

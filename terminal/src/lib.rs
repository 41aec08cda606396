//! How the programs talk to people: command lines, results, failures, progress, tables, and the options that every
//! command has.
//!
//! Results go to standard output, everything else to standard error. Colours and progress bars appear on a
//! terminal only. Used by the `cli` folders and mains of the programs alone; libraries never print.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests write files as they like"))]

mod color;
mod command_line;
mod confirm;
mod coverage;
mod documents;
mod duration;
mod error_document;
mod exit;
mod failure;
mod file_limit;
mod log;
mod machine_hint;
mod output;
mod palette;
mod printable;
mod progress;
mod report_args;
mod screen;
mod signals;
mod table;
mod warnings;

pub use clap_complete::{ArgValueCandidates, CompletionCandidate};
pub use color::{ColorArgs, ColorWhen};
pub use command_line::{
    Program, Verb, asked_output, first_word, is_near_command, parse, show_usage, unknown_command,
};
pub use confirm::ConfirmArgs;
pub use coverage::{COVERAGE_COLUMNS, push_coverage};
pub use documents::{
    CompletionsArgs, Component, HelpArgs, ManArgs, candidates, complete, details, line_value, line_words,
    names_in, registry_packs,
};
pub use duration::{parse_duration, parse_limit};
pub use error_document::error_schema;
pub use exit::exit_code;
pub use failure::Failure;
pub use file_limit::survive_file_limit;
pub use log::start_log;
pub use machine_hint::machine_hint;
pub use output::{Output, rendered, tell, write_report, write_result};
pub use palette::{HELP_STYLES, success};
pub use printable::printable;
pub use progress::{PROGRESS_FORMAT, ProgressEvent, ProgressEventKind, ProgressForm, TerminalReporter};
pub use report_args::ReportArgs;
pub use signals::{HeldSignals, clear_bars_on_signals, hold_signals};
pub use table::Table;

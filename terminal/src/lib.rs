//! How the programs talk to people: results, failures, progress, tables, and the options that every command has.
//!
//! Results go to standard output, everything else to standard error. Colours and progress bars appear on a
//! terminal only. Used by the `cli` folders and mains of the programs alone; libraries never print.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests write files as they like"))]

mod error_document;
mod exit;
mod failure;
mod file_limit;
mod machine_hint;
mod output;
mod progress;
mod report_args;
mod table;
mod usage;
mod warnings;

pub use error_document::error_schema;
pub use exit::exit_code;
pub use failure::Failure;
pub use file_limit::survive_file_limit;
pub use machine_hint::machine_hint;
pub use output::{Output, rendered, write_report, write_result};
pub use progress::TerminalReporter;
pub use report_args::{ReportArgs, start_log};
pub use table::Table;
pub use usage::show_usage;

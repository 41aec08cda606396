//! How the binaries show things to people: failures, progress, tables. Libraries never use it.
//!
//! Results go to standard output, everything else to standard error. Colours and progress bars only
//! where there is a terminal.

mod failure;
mod output;
mod progress;
mod table;
mod usage;

pub use failure::Failure;
pub use output::write_result;
pub use progress::TerminalReporter;
pub use table::Table;
pub use usage::show_usage;

/// The form of a command's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// For people.
    Text,
    /// One JSON value.
    Json,
}

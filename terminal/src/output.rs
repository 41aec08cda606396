//! Results on standard output.

use std::io::{self, Write};

use anstream::AutoStream;
use attune_registry::report::{Report, to_document};

use crate::warnings;

/// The form of a command's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// Writes `text` to standard output.
///
/// # Errors
/// Standard output cannot be written, for example on a full disk. A reader that went away, as `head` does, is
/// no error.
pub fn write_result(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes `text` to standard error, with colours where it has them, in one piece: of two programs with one standard
/// error, none writes into the sentence of the other.
///
/// # Errors
/// Standard error is closed or cannot be written, which callers have nowhere to tell.
pub fn tell(text: &str) -> io::Result<()> {
    let stderr = io::stderr();
    let mut shown = AutoStream::new(Vec::new(), AutoStream::choice(&stderr));
    shown.write_all(text.as_bytes())?;
    stderr.lock().write_all(&shown.into_inner())
}

/// The report as `output` asks for it: its document with the warnings of this run, or the text that `text` makes of it.
///
/// # Errors
/// A path in the report is not UTF-8, which JSON cannot carry.
pub fn rendered<R: Report>(
    report: &R,
    output: Output,
    text: impl FnOnce(&R) -> String,
) -> io::Result<String> {
    match output {
        Output::Json => Ok(to_document(report, &warnings::collected())? + "\n"),
        Output::Text => Ok(text(report)),
    }
}

/// Writes the report to standard output, in the form that `output` asks for.
///
/// # Errors
/// As [`rendered`] and [`write_result`].
pub fn write_report<R: Report>(
    report: &R,
    output: Output,
    text: impl FnOnce(&R) -> String,
) -> io::Result<()> {
    write_result(&rendered(report, output, text)?)
}

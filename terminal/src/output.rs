//! Results on standard output.

use std::io::{self, Write};

use serde::Serialize;

/// The form of a command's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// For people.
    Text,
    /// One JSON value.
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

/// The report as `output` asks for it: JSON, or the text that `text` makes of it.
pub fn write_json_or<R: Serialize + ?Sized>(
    report: &R,
    output: Output,
    text: impl FnOnce(&R) -> String,
) -> io::Result<()> {
    write_result(&match output {
        Output::Json => serde_json::to_string_pretty(report).expect("a report serialises") + "\n",
        Output::Text => text(report),
    })
}

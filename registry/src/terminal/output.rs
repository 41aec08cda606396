//! Writes results to standard output.

use std::io::{self, Write};

/// Writes `text` to standard output.
///
/// # Errors
/// Where it cannot be written, as on a full disk. A reader that went away, as `head` does, is no error.
pub fn write_result(text: &str) -> io::Result<()> {
    let mut stdout = anstream::stdout();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

//! A command line that cannot be read, told in the form that it asks for.

use std::ffi::OsString;

use super::{Failure, Output};

/// Shows why `args` could not be read, or the help that they ask for; returns the exit code.
pub fn show_usage(error: &clap::Error, args: &[OsString]) -> u8 {
    let exit_code = u8::try_from(error.exit_code()).unwrap_or(2);
    if error.use_stderr() && args.iter().any(|arg| arg == "--json") {
        let text = error.to_string();
        // Up to the usage line, which is of no use to a program.
        let told = text.trim_start_matches("error: ").split("\n\nUsage:").next().unwrap_or_default();
        let message = told.split_whitespace().collect::<Vec<_>>().join(" ");
        let hint = Some("see --help".to_owned());
        let details = serde_json::Map::new();
        Failure { message, causes: Vec::new(), hint, exit_code, details }.show(Output::Json);
    } else {
        // There is nowhere left to report a closed stream.
        let _ = error.print();
    }
    exit_code
}

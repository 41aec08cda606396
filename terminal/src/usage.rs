//! A command line that cannot be parsed, reported in the form that it asks for.

use std::ffi::OsString;
use std::io::Write as _;

use attune_registry::report::without_secrets;
use attune_schemas::problem::ErrorCode;

use crate::{Failure, Output};

/// Shows why `args` could not be parsed, or the help that they ask for; returns the exit code.
pub fn show_usage(error: &clap::Error, args: &[OsString]) -> u8 {
    if error.use_stderr() && args.iter().any(|arg| arg == "--json") {
        let text = error.to_string();
        // The usage line and all below it is of no use to a program.
        let told = text.trim_start_matches("error: ").split("\n\nUsage:").next().unwrap_or_default();
        let message = told.split_whitespace().collect::<Vec<_>>().join(" ");
        let failure =
            Failure::from_message(message, ErrorCode::CommandLine).with_hint(Some("see --help".to_owned()));
        failure.show(Output::Json);
        return failure.exit_code();
    }
    // There is nowhere left to report a closed stream.
    if error.use_stderr() {
        // What was typed is quoted, and may be a URL with a login.
        let styled = error.render().ansi().to_string();
        let styled = styled.replacen("error:", &format!("error[{}]:", ErrorCode::CommandLine), 1);
        let _ = write!(anstream::stderr(), "{}", without_secrets(&styled));
    } else {
        let _ = error.print();
    }
    u8::try_from(error.exit_code()).unwrap_or(2)
}

//! A command line that cannot be parsed, reported in the form that it asks for.

use std::ffi::OsString;
use std::io::Write as _;

use attune_registry::report::without_secrets;
use attune_schemas::problem::ErrorCode;

use super::asked_output;
use crate::failure::Failure;
use crate::output::{Output, tell, write_result};

/// Shows why `args` could not be parsed, or the help that they ask for; returns the exit code.
pub fn show_usage(error: &clap::Error, args: &[OsString]) -> u8 {
    if error.use_stderr() && asked_output(args) == Output::Json {
        let text = error.to_string();
        // The usage line and all below it is of no use to a program.
        let told = text.trim_start_matches("error: ").split("\n\nUsage:").next().unwrap_or_default();
        let told = without_escapes(told);
        let message = told.split_whitespace().collect::<Vec<_>>().join(" ");
        let failure =
            Failure::from_message(message, ErrorCode::CommandLine).with_hint(Some("see --help".to_owned()));
        failure.show(Output::Json);
        return failure.exit_code();
    }
    let styled = error.render().ansi().to_string();
    // There is nowhere left to report a closed stream.
    if error.use_stderr() {
        let label = format!("error[{}]:", ErrorCode::CommandLine);
        let styled = styled.replacen("error:", &label, 1);
        // What was typed is quoted, and may be a URL with a login.
        let _ = tell(&without_secrets(&without_escapes(&styled)));
    } else {
        let _ = write!(anstream::stdout(), "{styled}");
    }
    u8::try_from(error.exit_code()).unwrap_or(2)
}

/// Writes `text`, which was asked for; returns the exit code.
pub(super) fn show_text(text: &str) -> u8 {
    match write_result(text) {
        Ok(()) => 0,
        Err(error) => {
            let failure = Failure::of_output(&error);
            failure.show(Output::Text);
            failure.exit_code()
        }
    }
}

/// `text` without the advice to pass an option that there is not as a value, which is never what was meant.
fn without_escapes(text: &str) -> String {
    let kept: Vec<&str> = text.split('\n').filter(|line| !line.contains(" as a value, use ")).collect();
    kept.join("\n").replace("\n\n\n", "\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_of_a_double_dash_is_not_given() {
        let text = "error: x\n\n  tip: to pass '--dry-run' as a value, use '-- --dry-run'\n\nUsage: x";
        assert_eq!(without_escapes(text), "error: x\n\nUsage: x");
    }
}

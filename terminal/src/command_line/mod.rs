//! A command line becomes what it asks for; or else it is told, in the form that it asks for, why it cannot.
//!
//! ```text
//! first_word   the word that stands where a command does
//! verb         words that are no command, and what they mean
//! unknown      the answer to a command that there is not
//! usage        any other command line that cannot be parsed
//! ```

mod first_word;
mod unknown;
mod usage;
mod verb;

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

pub use first_word::first_word;
pub use unknown::{is_near_command, unknown_command};
pub use usage::show_usage;
pub use verb::Verb;

use crate::color::choose_color;
use crate::output::Output;

/// What a program adds to the answers about its command line.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// Words of other tools, and what they mean here.
    pub verbs: &'static [Verb],
    /// The text of `--version --verbose`.
    pub version: fn() -> String,
}

/// The form of errors that `args` ask for, whether or not they can be parsed.
pub fn asked_output(args: &[OsString]) -> Output {
    let is_json = args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json");
    if is_json { Output::Json } else { Output::Text }
}

/// Parses `args`, the program's own name first; what cannot be parsed, or asks for a help or a version, is
/// answered.
///
/// # Errors
/// The exit code, where there is nothing left to do.
pub fn parse<C: Parser>(args: &[OsString], program: &Program) -> Result<C, u8> {
    choose_color(args);
    let error = match C::try_parse_from(args) {
        Ok(parsed) => return Ok(parsed),
        Err(error) => error,
    };
    Err(match error.kind() {
        ErrorKind::DisplayVersion if asks_for_details(args) => usage::show_text(&(program.version)()),
        ErrorKind::InvalidSubcommand => match unknown::of_error(&error, C::command(), args, program.verbs) {
            unknown::Answer::Help(text) => usage::show_text(&text),
            unknown::Answer::Failure(failure) => {
                failure.show(asked_output(args));
                failure.exit_code()
            }
        },
        _ => show_usage(&error, args),
    })
}

/// Whether `--version` is asked for with all that it can tell.
fn asks_for_details(args: &[OsString]) -> bool {
    args.iter().filter_map(|arg| arg.to_str()).any(|arg| {
        let is_row = |letters: &str| letters.chars().all(|letter| matches!(letter, 'v' | 'V'));
        let row = arg.strip_prefix('-').filter(|letters| is_row(letters));
        arg == "--verbose" || row.is_some_and(|letters| letters.contains('v'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_of_the_version_are_asked_for_in_every_spelling() {
        let asks = |line: &str| {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            asks_for_details(&args)
        };
        for line in ["x -V -v", "x -vV", "x -Vv", "x --version --verbose", "x -v --version"] {
            assert!(asks(line), "{line}");
        }
        for line in ["x -V", "x --version", "x --version -q"] {
            assert!(!asks(line), "{line}");
        }
    }
}

//! The first word of a command line: the first argument that is no option and no option's value.

use std::ffi::OsString;

use clap::{Arg, Command};

/// The index in `args` of the first word, by the options that `command` has; the program's own name, at 0, is none.
pub fn first_word(command: &Command, args: &[OsString]) -> Option<usize> {
    let mut at = 1;
    while let Some(arg) = args.get(at) {
        let Some(text) = arg.to_str() else { return Some(at) };
        match text {
            "--" => return (at + 1 < args.len()).then_some(at + 1),
            "-" => return Some(at),
            _ if text.starts_with("--") => at += usize::from(long_waits(command, &text[2..])),
            _ if text.starts_with('-') => at += usize::from(short_waits(command, &text[1..])),
            _ => return Some(at),
        }
        at += 1;
    }
    None
}

/// Whether the value of the option follows as an argument of its own.
fn long_waits(command: &Command, option: &str) -> bool {
    command.get_arguments().any(|arg| arg.get_long() == Some(option) && takes_value(arg))
}

fn short_waits(command: &Command, letters: &str) -> bool {
    let last = letters.chars().last();
    // In a row of letters, the first with a value takes the rest for it.
    let earlier = letters.chars().rev().skip(1).any(|letter| short(command, letter));
    !earlier && last.is_some_and(|letter| short(command, letter))
}

fn short(command: &Command, letter: char) -> bool {
    command.get_arguments().any(|arg| arg.get_short() == Some(letter) && takes_value(arg))
}

fn takes_value(arg: &Arg) -> bool {
    arg.get_action().takes_values()
}

#[cfg(test)]
mod tests {
    use clap::ArgAction;

    use super::*;

    #[test]
    fn options_and_their_values_are_no_words() {
        let command = Command::new("x")
            .arg(Arg::new("root").long("root"))
            .arg(Arg::new("output").short('o'))
            .arg(Arg::new("verbose").short('v').action(ArgAction::Count))
            .arg(Arg::new("json").long("json").action(ArgAction::SetTrue));
        for (line, expected) in [
            ("x list", Some(1)),
            ("x --root /r list", Some(3)),
            ("x --root=/r --json list", Some(3)),
            ("x -vvo file list", Some(3)),
            ("x -ofile list", Some(2)),
            ("x -o", None),
            ("x", None),
            ("x --", None),
            ("x -- --root", Some(2)),
            ("x - list", Some(1)),
            ("x --unknown list", Some(2)),
        ] {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(first_word(&command, &args), expected, "{line}");
        }
    }
}

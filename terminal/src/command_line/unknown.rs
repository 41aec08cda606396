//! The answer to a command that there is not: the one that was meant, if that can be told.

use std::ffi::OsString;

use attune_schemas::problem::ErrorCode;
use clap::Command;
use clap::error::{ContextKind, ContextValue};

use super::verb::{Verb, nearest, remedy_of, synonym};
use crate::failure::Failure;

/// The answer to `word`, which stands where a command of `command` does and is none; `note` is added to the remedy.
pub fn unknown_command(word: &str, command: &Command, verbs: &[Verb], note: Option<String>) -> Failure {
    let program = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    Failure::from_message(format!("`{program}` has no command `{word}`"), ErrorCode::UnknownCommand)
        .with_hint(Some(with_note(remedy(word, command, verbs), note)))
}

fn with_note(remedy: String, note: Option<String>) -> String {
    match note {
        Some(note) if remedy.ends_with('?') => format!("{remedy} Else: {note}"),
        Some(note) => format!("{remedy}; {note}"),
        None => remedy,
    }
}

/// Whether `word` is nearly a command of `command`, or one of `verbs`.
pub fn is_near_command(word: &str, command: &Command, verbs: &[Verb]) -> bool {
    let all = names(command).into_iter().chain(verbs.iter().flat_map(|verb| verb.words.iter().copied()));
    remedy_of(word, verbs).is_some() || nearest(word, all).is_some()
}

fn remedy(word: &str, command: &Command, verbs: &[Verb]) -> String {
    if let Some(remedy) = remedy_of(word, verbs) {
        return remedy.to_owned();
    }
    let names = names(command);
    let program = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let by_slips = nearest(word, names.iter().copied());
    let verb = nearest(word, verbs.iter().flat_map(|verb| verb.words.iter().copied()));
    match (by_slips, verb, synonym(word, &names)) {
        (Some((slips, name)), verb, _) if verb.is_none_or(|(other, _)| slips <= other) => {
            format!("did you mean `{program} {name}`?")
        }
        (_, Some((_, verb)), _) => {
            let remedy = remedy_of(verb, verbs).unwrap_or_default();
            format!("if you mean `{verb}`: {remedy}")
        }
        (_, _, Some(name)) => format!("use `{program} {name}`"),
        _ => format!("`{program} --help` lists the commands"),
    }
}

/// The names of the commands that are shown, with their other names.
fn names(command: &Command) -> Vec<&str> {
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    shown
        .flat_map(|command| std::iter::once(command.get_name()).chain(command.get_visible_aliases()))
        .collect()
}

/// The answer to `error`, which tells of a command that there is not; `root` is the program's.
pub(super) fn of_error(error: &clap::Error, root: Command, args: &[OsString], verbs: &[Verb]) -> Answer {
    let word = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) => word.clone(),
        _ => String::new(),
    };
    let mut root = root;
    root.build();
    let mut words = args.iter().skip(1).filter_map(|arg| arg.to_str());
    let mut command = &root;
    for arg in words.by_ref().take_while(|arg| *arg != word) {
        command = command.find_subcommand(arg).unwrap_or(command);
    }
    if word == "help" {
        let command = words.fold(command, |command, word| command.find_subcommand(word).unwrap_or(command));
        return Answer::Help(command.clone().render_long_help().ansi().to_string());
    }
    let is_root = command.get_name() == root.get_name();
    Answer::Failure(unknown_command(&word, command, if is_root { verbs } else { &[] }, None))
}

/// What is said to a word that is no command.
pub(super) enum Answer {
    /// Help was asked for, in the place where many programs have it.
    Help(String),
    /// There is no such command.
    Failure(Failure),
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERBS: &[Verb] = &[Verb { words: &["uninstall", "remove"], remedy: "there is none" }];

    fn told(line: &str) -> String {
        let trust = Command::new("trust")
            .disable_help_subcommand(true)
            .subcommand(Command::new("remove").visible_alias("rm"));
        let root = Command::new("x")
            .disable_help_subcommand(true)
            .subcommand(Command::new("install"))
            .subcommand(trust);
        let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let error = root.clone().try_get_matches_from(&args).unwrap_err();
        let failure = match of_error(&error, root, &args, VERBS) {
            Answer::Help(text) => return text,
            Answer::Failure(failure) => failure,
        };
        let mut text = Vec::new();
        failure.write(crate::Output::Text, &mut text).unwrap();
        anstream::adapter::strip_str(&String::from_utf8(text).unwrap()).to_string()
    }

    #[test]
    fn help_is_given_where_it_is_asked_for() {
        for (line, usage) in
            [("x trust help", "Usage: x trust"), ("x trust help remove", "Usage: x trust remove")]
        {
            let told = anstream::adapter::strip_str(&told(line)).to_string();
            assert!(told.contains(usage), "{told}");
        }
    }

    #[test]
    fn what_was_meant_is_told() {
        for (line, expected) in [
            ("x instal", "error[U006]: `x` has no command `instal`\nhint: did you mean `x install`?\n"),
            ("x remove", "error[U006]: `x` has no command `remove`\nhint: there is none\n"),
            (
                "x uninstal",
                "error[U006]: `x` has no command `uninstal`\nhint: if you mean `uninstall`: there is none\n",
            ),
            (
                "x trust delete",
                "error[U006]: `x trust` has no command `delete`\nhint: use `x trust remove`\n",
            ),
            (
                "x trust uninstal",
                "error[U006]: `x trust` has no command `uninstal`\nhint: `x trust --help` lists the commands\n",
            ),
            ("x zzz", "error[U006]: `x` has no command `zzz`\nhint: `x --help` lists the commands\n"),
        ] {
            assert_eq!(told(line), expected);
        }
    }
}

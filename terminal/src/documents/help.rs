//! The command `help`: the help of a program, or of one of its commands.

use attune_schemas::problem::{ErrorCode, explain};
use clap::{Args, Command};

use crate::command_line::{Verb, unknown_command};
use crate::failure::Failure;

/// The topic of which help is asked for.
#[derive(Debug, Clone, Args)]
pub struct HelpArgs {
    /// The command, such as `env path`, or the code of an error, warning or finding, such as `H001`; without one, the
    /// help of the program
    #[arg(value_name = "COMMAND|CODE")]
    topic: Vec<String>,
}

impl HelpArgs {
    /// The help of the command of `program` that is asked for, or the explanation of a code.
    ///
    /// # Errors
    /// There is no such command or code.
    pub fn text(&self, mut program: Command, verbs: &[Verb]) -> Result<String, Failure> {
        if let [word] = &self.topic[..]
            && is_code(word)
        {
            return explain(word).map(|explanation| explanation.to_string()).ok_or_else(|| {
                let message = format!("there is no code `{word}`");
                let hint = "copy the code from the message: a letter and three digits";
                Failure::from_message(message, ErrorCode::UnknownCode).with_hint(Some(hint.to_owned()))
            });
        }
        program.build();
        let mut command = &mut program;
        for (depth, word) in self.topic.iter().enumerate() {
            if command.find_subcommand(word).is_none() {
                return Err(unknown_command(word, command, if depth == 0 { verbs } else { &[] }, None));
            }
            command = command.find_subcommand_mut(word).expect("it was found just now");
        }
        Ok(command.render_long_help().ansi().to_string())
    }
}

/// Whether `word` has the form of a code: a letter and three digits.
fn is_code(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && word.len() == 4
        && letters.all(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(topic: &[&str]) -> Result<String, Failure> {
        let env = Command::new("env").subcommand(Command::new("path").about("Print the program"));
        let topic = topic.iter().map(ToString::to_string).collect();
        HelpArgs { topic }.text(Command::new("x").subcommand(env), &[])
    }

    #[test]
    fn codes_are_explained() {
        assert!(text(&["h001"]).unwrap().starts_with("H001: the root does not exist\n\n"));
        assert!(text(&["H999"]).is_err());
    }

    #[test]
    fn topics_go_as_deep_as_commands() {
        assert!(text(&[]).unwrap().contains("env"));
        let path = text(&["env", "path"]).unwrap();
        assert!(path.contains("Print the program") && path.contains("x env path"), "{path}");
        assert!(text(&["env", "pth"]).is_err());
    }
}

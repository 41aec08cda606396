//! The command `help`: the help of a program, or of one of its commands.

use clap::{Args, Command};

use crate::command_line::{Verb, unknown_command};
use crate::failure::Failure;

/// The topic of which help is asked for.
#[derive(Debug, Clone, Args)]
pub struct HelpArgs {
    /// The command, such as `env path`; without one, the help of the program
    #[arg(value_name = "COMMAND")]
    topic: Vec<String>,
}

impl HelpArgs {
    /// The help of the command of `program` that is asked for.
    ///
    /// # Errors
    /// There is no such command.
    pub fn text(&self, mut program: Command, verbs: &[Verb]) -> Result<String, Failure> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(topic: &[&str]) -> Result<String, Failure> {
        let env = Command::new("env").subcommand(Command::new("path").about("Print the program"));
        let topic = topic.iter().map(ToString::to_string).collect();
        HelpArgs { topic }.text(Command::new("x").subcommand(env), &[])
    }

    #[test]
    fn topics_go_as_deep_as_commands() {
        assert!(text(&[]).unwrap().contains("env"));
        let path = text(&["env", "path"]).unwrap();
        assert!(path.contains("Print the program") && path.contains("x env path"), "{path}");
        assert!(text(&["env", "pth"]).is_err());
    }
}

//! The command `completions`: the script by which a shell asks this program what may come next.
//!
//! The script runs the program with a variable that names the shell; it then answers, and does nothing else.
//! An answer is never an error: whatever fails has no candidates.

use std::ffi::OsString;
use std::io;

use clap::{Args, Command, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::env::{Bash, EnvCompleter, Fish, Shells, Zsh};

/// The variable by which a script asks.
const VARIABLE: &str = "ATTUNE_COMPLETE";
/// Stands in scripts for the program until it is known how the shell names it.
const PROGRAM: &str = "attune_program";

/// The shell of the script.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  source <(PROGRAM completions bash)                                in ~/.bashrc
  PROGRAM completions zsh > ~/.zfunc/_PROGRAM                       in a directory of $fpath
  PROGRAM completions fish > ~/.config/fish/completions/PROGRAM.fish")]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// A shell that completes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl CompletionsArgs {
    /// The script for `program`.
    ///
    /// # Errors
    /// None is known: scripts are written to memory.
    pub fn script(&self, program: &Command) -> io::Result<String> {
        // Bash and zsh ask the very program that stands on the line, wherever it is.
        let (shell, asked): (&dyn EnvCompleter, _) = match self.shell {
            Shell::Bash => (&Bash, "${words[0]/#\\~/$HOME}"),
            Shell::Zsh => (&Zsh, "${~words[1]}"),
            Shell::Fish => (&Fish, program.get_name()),
        };
        let mut script = Vec::new();
        let name = program.get_name();
        shell.write_registration(VARIABLE, name, name, PROGRAM, &mut script)?;
        let script = String::from_utf8_lossy(&script).replace(PROGRAM, asked);
        let script =
            script.replace("-- \"${words[@]}\" \\\n    ) )", "-- \"${words[@]}\" 2>/dev/null \\\n    ) )");
        Ok(script.trim_start().to_owned())
    }
}

/// Answers a script, if one asks; whether it did.
pub fn complete(program: impl Fn() -> Command, args: &[OsString]) -> bool {
    let shells: [&dyn EnvCompleter; 3] = [&Bash, &Zsh, &Fish];
    let answer = CompleteEnv::with_factory(program).var(VARIABLE).shells(Shells(&shells));
    let directory = std::env::current_dir().ok();
    answer.try_complete(args.iter().cloned(), directory.as_deref()).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_name_no_path_of_the_machine_they_were_made_on() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = CompletionsArgs { shell }.script(&Command::new("attune-x")).unwrap();
            assert!(!script.contains(PROGRAM) && script.contains("attune-x"), "{script}");
            assert!(script.contains(VARIABLE), "{script}");
        }
    }
}

//! The question before what cannot be undone.

use std::io::{self, BufRead as _, IsTerminal as _};

use attune_schemas::problem::ErrorCode;
use clap::Args;

use crate::Failure;
use crate::output::tell;

/// The option that answers the question beforehand.
#[derive(Debug, Clone, Copy, Args)]
pub struct ConfirmArgs {
    /// Do not ask for confirmation; required where there is no terminal
    #[arg(short, long)]
    yes: bool,
}

impl ConfirmArgs {
    /// Asks whether to go on, where nobody has said so yet: `deed` is what will be done, and cannot be undone.
    ///
    /// # Errors
    /// The answer is no, which an empty one is, or there is no terminal to ask on.
    pub fn confirm(self, deed: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            let message = format!("this cannot be undone and was not confirmed: {deed}");
            let hint = "pass --yes if you mean it".to_owned();
            return Err(Failure::from_message(message, ErrorCode::NotConfirmed).with_hint(Some(hint)));
        }
        // An unseen question is answered with no.
        let asked = tell(&format!("{deed}; this cannot be undone. Go on? [y/N] "));
        let mut answer = String::new();
        let read = asked.and_then(|()| io::stdin().lock().read_line(&mut answer));
        if read.is_ok() && is_yes(&answer) {
            return Ok(());
        }
        Err(Failure::from_message("not confirmed: nothing was changed".to_owned(), ErrorCode::Declined))
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for yes in ["y\n", "Y\n", " yes \n", "YES"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "yep\n", "ja\n", "yy\n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}

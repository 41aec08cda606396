//! Why a program is not a usable interpreter.

use std::io;
use std::path::{Path, PathBuf};

use super::super::ask::{NoAnswer, is_of_machine};

/// Why a program is not a usable interpreter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InterpreterError {
    /// It could not be started.
    #[error("could not run `{}`", path.display())]
    Run {
        /// The program.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A signal ended it, as happens where memory is short.
    #[error("could not run `{}`: it ended with {status}", path.display())]
    Ended {
        /// The program.
        path: PathBuf,
        /// Its end.
        status: String,
    },
    /// It does not answer as such an interpreter does.
    #[error("`{}` does not answer as {kind}: {reason}", path.display())]
    Answer {
        /// The program.
        path: PathBuf,
        /// The kind of interpreters that it was taken for, `a Python interpreter`.
        kind: &'static str,
        /// Its output.
        reason: String,
    },
}

impl InterpreterError {
    /// Whether it says nothing about the program: the machine let it down, or a signal ended it.
    pub fn is_of_machine(&self) -> bool {
        match self {
            Self::Run { source, .. } => is_of_machine(source),
            Self::Ended { .. } => true,
            Self::Answer { .. } => false,
        }
    }

    pub(super) fn of(path: &Path, kind: &'static str, no_answer: NoAnswer) -> Self {
        match no_answer {
            NoAnswer::Start(source) => Self::Run { path: path.to_owned(), source },
            NoAnswer::Ended(status) => Self::Ended { path: path.to_owned(), status },
            NoAnswer::Failed(reason) => Self::Answer { path: path.to_owned(), kind, reason },
        }
    }

    pub(super) fn other_answer(path: &Path, kind: &'static str) -> Self {
        let reason = "its answer is not the one that was asked for".to_owned();
        Self::Answer { path: path.to_owned(), kind, reason }
    }
}

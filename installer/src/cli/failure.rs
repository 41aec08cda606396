//! Errors as this program shows them: the error, its code, and the hint that names this program's flags.

use std::io;

use attune_registry::machine_fault::MachineFault;
use attune_schemas::problem::ErrorCode;
use attune_terminal::{Failure, machine_hint};

use super::hints::{Hint, MEND_THE_CAUSE};
use crate::failure::{Failed, code_of};

/// The failure of a command. Every error of the library that has a code and a hint becomes one with `?`.
#[derive(Debug)]
pub(super) struct CommandError(pub(super) Failure);

impl<E: Failed + Hint + 'static> From<E> for CommandError {
    fn from(error: E) -> Self {
        let (code, fault) = code_of(&error);
        let hint = match (fault.map(machine_hint), error.hint()) {
            (None, hint) => hint,
            // What is left behind is told in any case.
            (Some(remedy), Some(hint)) if hint.starts_with(MEND_THE_CAUSE) => {
                Some(hint.replacen(MEND_THE_CAUSE, remedy, 1))
            }
            (Some(remedy), _) => Some(remedy.to_owned()),
        };
        let failure = Failure::new(&error, code).with_hint(hint);
        Self(match error.verdict() {
            Some(verdict) => failure.with_detail("verdict", verdict.as_str().into()),
            None => failure,
        })
    }
}

impl CommandError {
    /// The result could not be written to standard output.
    pub(super) fn of_output(error: &io::Error) -> Self {
        Self(Failure::of_output(error))
    }

    /// A file of the user's that this program writes could not be written.
    pub(super) fn of_machine(error: &io::Error) -> Self {
        let hint = MachineFault::of_io(error).map(|fault| machine_hint(fault).to_owned());
        Self(Failure::new(error, ErrorCode::OutputAccess).with_hint(hint))
    }
}

//! Errors as this program shows them: the error, its code, and the hint that names this program's flags.

use std::io;

use attune_registry::machine_fault::MachineFault;
use attune_schemas::problem::ErrorCode;
use attune_terminal::{Failure, Output, machine_hint};
use serde_json::json;

use super::findings::{ShownFindings, show_findings};
use super::hints::Hint;
use crate::failure::{Failed, code_of};
use crate::operations::{AddError, CheckError, LintFailure};

/// The failure of a command. Every error of the library that has a code and a hint becomes one with `?`.
#[derive(Debug)]
pub(super) struct CommandError {
    failure: Failure,
    /// The findings that stopped it, shown before it.
    lint: Option<LintFailure>,
}

impl<E: Failed + Hint + 'static> From<E> for CommandError {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        Self { failure, lint: None }
    }
}

impl CommandError {
    /// The result could not be written to standard output.
    pub(super) fn of_output(error: &io::Error) -> Self {
        Failure::of_output(error).into()
    }

    /// A file of the user's that this program writes could not be written.
    pub(super) fn of_machine(error: &io::Error) -> Self {
        let hint = MachineFault::of_io(error).map(|fault| machine_hint(fault).to_owned());
        Failure::new(error, ErrorCode::OutputAccess).with_hint(hint).into()
    }

    /// Packs were not added; the findings of the linter are part of the answer.
    pub(super) fn of_add(error: AddError) -> Self {
        let mut failed = Self::of(&error);
        if let AddError::Check(CheckError::Lint(lint)) = error {
            failed.failure = failed.failure.with_detail("packs", json!(lint.packs));
            failed.lint = Some(lint);
        }
        failed
    }

    fn of(error: &(impl Failed + Hint + 'static)) -> Self {
        let (code, fault) = code_of(error);
        let hint = fault.map(|fault| machine_hint(fault).to_owned()).or_else(|| error.hint());
        Self { failure: Failure::new(error, code).with_hint(hint), lint: None }
    }

    /// Shows it, and returns the exit code.
    pub(super) fn show(&self, output: Output) -> u8 {
        let shown = if output == Output::Json { ShownFindings::None } else { ShownFindings::Folded };
        for faults in self.lint.iter().flat_map(|lint| &lint.packs) {
            show_findings(&faults.pack, &faults.findings, shown);
        }
        self.failure.show(output);
        self.failure.exit_code()
    }
}

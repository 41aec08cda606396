//! The warnings of one of several packs that are worked on side by side, kept until its turn comes.

use std::sync::{Mutex, PoisonError};

use attune_registry::report::{NewTask, Reporter, Task};
use attune_schemas::problem::{Warning, WarningCode};

/// Keeps warnings, and passes tasks on.
pub(super) struct Notes<'a> {
    reporter: &'a dyn Reporter,
    warnings: Mutex<Vec<Warning>>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(reporter: &'a dyn Reporter) -> Self {
        Self { reporter, warnings: Mutex::default() }
    }

    /// The warnings, in the order in which they were given.
    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.warnings.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reporter for Notes<'_> {
    fn started(&self, task: &str, total_bytes: Option<u64>) {
        self.reporter.started(task, total_bytes);
    }

    fn advanced(&self, bytes: u64) {
        self.reporter.advanced(bytes);
    }

    fn finished(&self) {
        self.reporter.finished();
    }

    fn task<'a>(&'a self, task: NewTask<'_>) -> Box<dyn Task + 'a> {
        self.reporter.task(task)
    }

    fn warning(&self, code: WarningCode, message: &str) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.push(Warning::new(code, message));
    }
}

//! The warnings of one of several packs that are worked on side by side, kept until its turn comes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use attune_registry::report::Reporter;

/// Keeps warnings, and passes progress on.
pub(super) struct Notes<'a> {
    reporter: &'a dyn Reporter,
    /// The tasks under way, over all packs.
    under_way: &'a AtomicUsize,
    warnings: Mutex<Vec<String>>,
}

impl<'a> Notes<'a> {
    pub(super) fn new(reporter: &'a dyn Reporter, under_way: &'a AtomicUsize) -> Self {
        Self { reporter, under_way, warnings: Mutex::default() }
    }

    /// The warnings, in the order in which they were given.
    pub(super) fn into_warnings(self) -> Vec<String> {
        self.warnings.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reporter for Notes<'_> {
    fn started(&self, task: &str, total_bytes: Option<u64>) {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        self.reporter.started(task, total_bytes);
    }

    fn advanced(&self, bytes: u64) {
        self.reporter.advanced(bytes);
    }

    /// What is shown stays until the last task is over.
    fn finished(&self) {
        if self.under_way.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.reporter.finished();
        }
    }

    fn warning(&self, message: &str) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.push(message.to_owned());
    }
}

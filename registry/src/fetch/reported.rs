//! Downloads and builds as tasks beside the one that they are for.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::report::{NewTask, Reporter, Task};
use attune_schemas::problem::WarningCode;

use crate::fetch::{DownloadError, DownloadProgress, FetchedFrom};

/// Smaller files come too fast to be seen.
const SEEN_BYTES: u64 = 1 << 20;

/// The downloads and the build under way; all are over once this is dropped.
pub struct ReportedDownloads<'a> {
    reporter: &'a dyn Reporter,
    files: Mutex<BTreeMap<String, Box<dyn Task + 'a>>>,
    build: Mutex<Option<Box<dyn Task + 'a>>>,
}

impl<'a> ReportedDownloads<'a> {
    /// None yet, to be told to `reporter`.
    pub fn new(reporter: &'a dyn Reporter) -> Self {
        Self { reporter, files: Mutex::default(), build: Mutex::default() }
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, Box<dyn Task + 'a>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DownloadProgress for ReportedDownloads<'_> {
    fn started(&self, name: &str, already_bytes: u64, size: Option<u64>) {
        let mut files = self.files();
        // A transfer that starts anew is another task.
        let _former = files.remove(name);
        if let Some(size) = size.filter(|size| *size >= SEEN_BYTES) {
            let shown = format!("fetching {name}");
            let task = self.reporter.task(NewTask::new(&shown).of_bytes(size));
            task.advanced(already_bytes);
            files.insert(name.to_owned(), task);
        }
    }

    fn advanced(&self, name: &str, bytes: u64) {
        if let Some(task) = self.files().get(name) {
            task.advanced(bytes);
        }
    }

    fn finished(&self, name: &str, _bytes: u64, _from: FetchedFrom) {
        let _over = self.files().remove(name);
    }

    fn building(&self, name: &str) {
        let mut build = self.build.lock().unwrap_or_else(PoisonError::into_inner);
        // The one before it goes first.
        *build = None;
        *build = Some(self.reporter.task(NewTask::new(&format!("building {name}"))));
    }

    fn retrying(&self, name: &str, attempt: u32, error: &DownloadError) {
        self.reporter.warning(
            WarningCode::FetchedAgain,
            &format!("fetching `{name}` again (attempt {attempt}): {error}"),
        );
    }
}

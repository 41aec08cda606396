//! Takes back the migrations that have run, where the change that they are of fails.

use std::sync::{Arc, Mutex, MutexGuard};

use attune_host::process::Interrupt;
use attune_registry::report::Reporter;
use attune_schemas::problem::WarningCode;

use super::report::MigrationName;
use super::script::Script;

/// The way back from a migration that has run.
pub(super) struct WayBack {
    pub(super) migration: MigrationName,
    /// The script that leads back, if there is one.
    pub(super) script: Option<Script>,
}

/// The migrations of a change that have run so far; clones share them.
#[derive(Clone, Default)]
pub(crate) struct TakingBack(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    ways: Vec<WayBack>,
    told: Vec<(WarningCode, String)>,
}

impl TakingBack {
    /// Remembers a migration that has run.
    pub(super) fn push(&self, way: WayBack) {
        self.state().ways.push(way);
    }

    /// Tells of a migration that was ended half way.
    pub(super) fn cut_off(&self, migration: &MigrationName) {
        let message = format!("{migration} was interrupted, and may be done in part");
        self.state().told.push((WarningCode::MigrationNotTakenBack, message));
    }

    /// Takes back what has run, the last first. Whoever asked to stop waits for it.
    pub(super) fn take_back(&self) {
        let ways = std::mem::take(&mut self.state().ways);
        for WayBack { migration, script } in ways.into_iter().rev() {
            let outcome = script.map(|script| script.run(&Interrupt::default()));
            let told = match outcome {
                Some(Ok(_)) => (WarningCode::MigrationTakenBack, format!("{migration} was taken back")),
                Some(Err(error)) => {
                    (WarningCode::MigrationNotTakenBack, format!("{migration} was not taken back: {error}"))
                }
                None => {
                    let reason = "no script leads back";
                    (WarningCode::MigrationNotTakenBack, format!("{migration} was not taken back: {reason}"))
                }
            };
            self.state().told.push(told);
        }
    }

    /// Tells what was taken back, once.
    pub(crate) fn tell(&self, reporter: &dyn Reporter) {
        for (code, message) in std::mem::take(&mut self.state().told) {
            reporter.warning(code, &message);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nobody panics while holding it")
    }
}

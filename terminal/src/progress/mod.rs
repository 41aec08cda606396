//! Progress, warnings and alarms, as the command line asks for them.
//!
//! ```text
//! bar      a task as a bar on a terminal
//! event    a task as lines of JSON
//! folded   equal warnings, told once
//! ```

mod bar;
mod event;
mod folded;

use std::sync::{Mutex, PoisonError};

use attune_registry::report::{NewTask, Reporter, Task, without_secrets};
use attune_schemas::problem::WarningCode;
use clap::ValueEnum;

use crate::output::tell;
use crate::warnings::collect;
use crate::{palette, screen};

use bar::Bar;
use event::{EventTask, write_warning};
pub use event::{PROGRESS_FORMAT, ProgressEvent, ProgressEventKind};
use folded::Folded;

/// The form of progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ProgressForm {
    /// Bars, where standard error is a terminal.
    #[default]
    Auto,
    /// None.
    None,
    /// A JSON object a line, on standard error.
    Json,
}

/// What is told on the way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) progress: ProgressForm,
    pub(crate) warnings: bool,
    /// Warnings that must be seen.
    pub(crate) alarms: bool,
    /// Whether equal warnings are told once.
    pub(crate) folds: bool,
}

/// Shows progress on standard error.
#[derive(Debug)]
pub struct TerminalReporter {
    told: Told,
    current: Mutex<Option<Running>>,
    folded: Folded,
}

/// A task as it is shown.
#[derive(Debug)]
enum Running {
    Bar(Bar),
    Events(EventTask),
    Unseen,
}

impl Task for Running {
    fn advanced(&self, bytes: u64) {
        match self {
            Self::Bar(bar) => bar.advanced(bytes),
            Self::Events(task) => task.advanced(bytes),
            Self::Unseen => {}
        }
    }
}

impl TerminalReporter {
    /// Tells what `told` says.
    pub(crate) fn new(told: Told) -> Self {
        Self { told, current: Mutex::default(), folded: Folded::default() }
    }

    fn running(&self, task: NewTask<'_>) -> Running {
        let name = without_secrets(task.name);
        let task = NewTask { name: &name, ..task };
        match self.told.progress {
            ProgressForm::Json => Running::Events(EventTask::start(task)),
            ProgressForm::Auto if screen::shows_bars() => Running::Bar(Bar::start(task)),
            _ => Running::Unseen,
        }
    }

    fn with_current(&self, act: impl FnOnce(&mut Option<Running>)) {
        act(&mut self.current.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn tell(&self, code: WarningCode, message: &str) {
        let message = without_secrets(message);
        if self.told.progress == ProgressForm::Json {
            write_warning(code, &message);
        } else if !self.told.folds || self.folded.is_first(code, &message) {
            show_warning(code, &message);
        }
    }
}

/// Writes `message` as a warning, beside whatever bars there are.
fn show_warning(code: WarningCode, message: &str) {
    let style = palette::WARNING;
    // There is nowhere left to report a closed standard error.
    let _ = screen::beside_bars(|| tell(&format!("{style}warning[{code}]{style:#}: {message}\n")));
}

impl Reporter for TerminalReporter {
    fn started(&self, task: &str, total_bytes: Option<u64>) {
        self.with_current(|current| {
            // The one before it goes first: it may be on the screen.
            *current = None;
            *current = Some(self.running(NewTask { name: task, total_bytes, place: None }));
        });
    }

    fn advanced(&self, bytes: u64) {
        self.with_current(|current| {
            if let Some(task) = current {
                task.advanced(bytes);
            }
        });
    }

    fn finished(&self) {
        self.with_current(|current| *current = None);
    }

    fn task<'a>(&'a self, task: NewTask<'_>) -> Box<dyn Task + 'a> {
        Box::new(self.running(task))
    }

    fn warning(&self, code: WarningCode, message: &str) {
        collect(code, message);
        if self.told.warnings {
            self.tell(code, message);
        }
    }

    fn alarm(&self, code: WarningCode, message: &str) {
        collect(code, message);
        if self.told.alarms {
            self.tell(code, message);
        }
    }
}

impl Drop for TerminalReporter {
    fn drop(&mut self) {
        for (code, message, more) in self.folded.repeated() {
            show_warning(code, &format!("{message} (and {more} more like it; -v shows all)"));
        }
    }
}

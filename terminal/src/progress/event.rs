//! Progress for programs: one JSON object a line, on standard error.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use attune_registry::report::NewTask;
use attune_schemas::problem::WarningCode;
use schemars::JsonSchema;
use serde::Serialize;

/// The format of an event.
pub const PROGRESS_FORMAT: &str = "attune.progress/v1";

/// The least time between two advances of a task that are told.
const PAUSE: Duration = Duration::from_millis(100);

/// An event on the way of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProgressEvent {
    /// `attune.progress/v1`.
    pub format: &'static str,
    /// What happened.
    pub event: ProgressEventKind,
    /// The number of the task, unique in this run; absent of a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The task as people say it; absent of a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Bytes dealt with so far; absent of a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Bytes of the whole task, where they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_bytes: Option<u64>,
    /// Which of several equal tasks this is, from 1 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<usize>,
    /// How many equal tasks there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<usize>,
    /// The warning's stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<WarningCode>,
    /// The warning's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ProgressEventKind {
    /// A task began.
    Started,
    /// A task has dealt with more bytes; at most ten a second of each task.
    Advanced,
    /// A task is over, whether it succeeded or failed.
    Finished,
    /// Something that stops nothing.
    Warning,
}

/// A task whose events are written; it is over once this is dropped.
#[derive(Debug)]
pub(super) struct EventTask {
    start: ProgressEvent,
    bytes: AtomicU64,
    told: Mutex<Instant>,
}

impl EventTask {
    pub(super) fn start(task: NewTask<'_>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let start = ProgressEvent {
            format: PROGRESS_FORMAT,
            event: ProgressEventKind::Started,
            id: Some(NEXT.fetch_add(1, Ordering::Relaxed)),
            task: Some(task.name.to_owned()),
            bytes: Some(0),
            total_bytes: task.total_bytes,
            position: task.place.map(|place| place.position),
            of: task.place.map(|place| place.of),
            code: None,
            message: None,
        };
        write(&start);
        Self { start, bytes: AtomicU64::new(0), told: Mutex::new(Instant::now()) }
    }

    pub(super) fn advanced(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= PAUSE {
            *told = Instant::now();
            self.tell(ProgressEventKind::Advanced);
        }
    }

    fn tell(&self, event: ProgressEventKind) {
        let bytes = Some(self.bytes.load(Ordering::Relaxed));
        write(&ProgressEvent { event, bytes, ..self.start.clone() });
    }
}

impl Drop for EventTask {
    fn drop(&mut self) {
        self.tell(ProgressEventKind::Finished);
    }
}

pub(super) fn write_warning(code: WarningCode, message: &str) {
    write(&ProgressEvent {
        format: PROGRESS_FORMAT,
        event: ProgressEventKind::Warning,
        id: None,
        task: None,
        bytes: None,
        total_bytes: None,
        position: None,
        of: None,
        code: Some(code),
        message: Some(message.to_owned()),
    });
}

fn write(event: &ProgressEvent) {
    let line = serde_json::to_string(event).expect("an event serialises") + "\n";
    // There is nowhere left to report a closed standard error.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_fields_that_are_known() {
        let task = EventTask::start(NewTask::new("reading").of_bytes(7).at(2, 8));
        let id = task.start.id.unwrap();
        assert_eq!(
            serde_json::to_string(&task.start).unwrap(),
            format!(
                r#"{{"format":"attune.progress/v1","event":"started","id":{id},"task":"reading","bytes":0,"totalBytes":7,"position":3,"of":8}}"#
            )
        );
    }
}

//! A workflow as all dialects mean it: tasks, and transitions between them.

mod normal_form;
mod task;

use std::sync::Arc;

use serde_json::{Map, Value};

pub use task::{
    Backoff, Publish, Quantity, Retry, Task, TaskKind, Template, TemplatePlace, Transition, WorkerChoice,
};

use crate::diagnostics::Position;
use crate::yaml::SourceText;

/// A value and where it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: Position,
}

impl<T> Placed<T> {
    pub(super) const fn new(value: T, at: Position) -> Self {
        Self { value, at }
    }
}

/// The policy for running tasks of a workflow that is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CancellationPolicy {
    /// They end by themselves.
    #[default]
    AllowFinish,
    /// They are stopped.
    CancelRunning,
}

/// A workflow.
#[derive(Debug, Clone)]
pub struct Workflow {
    pub(super) source: Arc<SourceText>,
    /// Its own ref; `None` if the file leaves it to its action or its name.
    pub reference: Option<Placed<String>>,
    /// Its name for people.
    pub label: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its version, which no rule gives a form.
    pub version: String,
    /// The schema of its parameters, as written.
    pub parameters: Option<Placed<Value>>,
    /// The schema of its output, as written.
    pub output: Option<Placed<Value>>,
    /// Its variables with their first values, in the order of the file.
    pub vars: Vec<(Placed<String>, Value)>,
    /// Its tasks, in the order of the file.
    pub tasks: Vec<Task>,
    /// Its output, by name, as templates; `None` if it has none.
    pub output_map: Option<Vec<(String, Placed<String>)>>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The policy for running tasks if it is cancelled.
    pub cancellation_policy: CancellationPolicy,
    /// Where the file names its tasks.
    pub tasks_at: Position,
}

impl Workflow {
    /// The file that it was read from.
    pub fn file(&self) -> &str {
        self.source.file()
    }

    /// Its tasks and those inside of them.
    pub fn all_tasks(&self) -> Vec<&Task> {
        let mut all: Vec<&Task> = Vec::new();
        let mut open: Vec<std::slice::Iter<'_, Task>> = vec![self.tasks.iter()];
        while let Some(tasks) = open.last_mut() {
            match tasks.next() {
                Some(task) => {
                    all.push(task);
                    open.push(task.tasks.iter());
                }
                None => drop(open.pop()),
            }
        }
        all
    }

    /// The workflow as Attune's servers keep it: every task with all its keys, in the `next` form.
    pub fn normal_form(&self) -> Map<String, Value> {
        normal_form::of(self)
    }
}

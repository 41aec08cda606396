//! One task and its transitions.

use serde_json::{Map, Value};

use super::Placed;
use crate::diagnostics::Position;

/// The kind of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TaskKind {
    /// It runs an action.
    #[default]
    Action,
    /// It runs the tasks inside of it side by side.
    Parallel,
    /// It runs another workflow.
    Workflow,
}

/// A number, or the template of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quantity {
    /// A whole number.
    Number(u64),
    /// A template, which no server of today reads here.
    Template(String),
}

impl Quantity {
    /// The number, where it is one.
    pub const fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Template(_) => None,
        }
    }
}

/// How the delay between two attempts grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backoff {
    /// Not at all.
    #[default]
    Constant,
    /// By the first delay each time.
    Linear,
    /// To its double each time.
    Exponential,
}

/// Further attempts of a task that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// How many.
    pub count: Option<Placed<Quantity>>,
    /// The first delay, in seconds.
    pub delay: Option<Placed<Quantity>>,
    /// How the delay grows.
    pub backoff: Backoff,
    /// The longest delay, in seconds.
    pub max_delay: Option<Placed<Quantity>>,
    /// The condition on the error, as a template.
    pub on_error: Option<String>,
}

/// Something that a transition publishes to the workflow's variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Publish {
    /// The variable.
    pub name: Placed<String>,
    /// Its value, with templates; `None` for the whole result.
    pub value: Option<Value>,
    /// Whether it stands in one mapping with the one before it.
    pub is_joined: bool,
}

/// What follows a task, on a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// Where it stands.
    pub at: Position,
    /// The condition; `None` if it always holds.
    pub when: Option<Placed<String>>,
    /// What is published, in the order of the file.
    pub publish: Vec<Publish>,
    /// The tasks that come next.
    pub targets: Vec<Placed<String>>,
    /// What an editor keeps of its drawing.
    pub chart_meta: Option<Value>,
}

/// The place of a template in its task, which decides what it can refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplatePlace {
    /// The condition of the task.
    TaskWhen,
    /// The list that the task is repeated for.
    WithItems,
    /// A parameter of the task's action.
    Input,
    /// The condition of a transition.
    TransitionWhen,
    /// The value of a variable that a transition publishes.
    Publish,
    /// Workers, permissions, retries and numbers.
    Setting,
}

/// A text with expressions, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub at: Position,
    /// Its place in the task.
    pub place: TemplatePlace,
}

/// The choice of workers for one task, each literal or a template.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WorkerChoice {
    /// Labels that a worker must have.
    pub selector: Option<Value>,
    /// Taints that are borne.
    pub tolerations: Option<Value>,
    /// Labels that are wanted.
    pub affinity: Option<Value>,
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its name.
    pub name: Placed<String>,
    /// Where it stands.
    pub at: Position,
    /// Its kind.
    pub kind: Placed<TaskKind>,
    /// The ref of its action or workflow.
    pub action: Option<Placed<String>>,
    /// The parameters of its action.
    pub input: Map<String, Value>,
    /// Where each of those is written.
    pub input_at: Vec<Placed<String>>,
    /// The permission sets that it runs with.
    pub permission_set_refs: Option<Value>,
    /// Where it runs.
    pub worker: WorkerChoice,
    /// The condition on which it runs.
    pub when: Option<Placed<String>>,
    /// The template of the list that it is repeated for.
    pub with_items: Option<Placed<String>>,
    /// How many items a batch has.
    pub batch_size: Option<Placed<Quantity>>,
    /// How many repetitions run at once.
    pub concurrency: Option<Placed<Quantity>>,
    /// Further attempts.
    pub retry: Option<Retry>,
    /// The longest time that it may take, in seconds.
    pub timeout: Option<Placed<Quantity>>,
    /// What follows it, in the order in which the conditions are tried.
    pub next: Vec<Transition>,
    /// For how many of the tasks before it it waits.
    pub join: Option<Placed<Quantity>>,
    /// The tasks inside of it.
    pub tasks: Vec<Self>,
    /// What an editor keeps of its drawing.
    pub chart_meta: Option<Value>,
    /// Every text in it that has expressions, as written.
    pub templates: Vec<Template>,
}

impl Task {
    /// The names of the tasks that may follow it, with their places.
    pub fn targets(&self) -> impl Iterator<Item = &Placed<String>> {
        self.next.iter().flat_map(|transition| &transition.targets)
    }
}

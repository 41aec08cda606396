//! Reads one task.

use serde_json::{Map, Value};

use super::placed;
use super::scalars::Reader;
use crate::diagnostics::{Code, Position};
use crate::workflow::dialects;
use crate::workflow::expression::is_template;
use crate::workflow::model::{Backoff, Placed, Retry, Task, TaskKind, Template, TemplatePlace, WorkerChoice};
use crate::workflow::told::shown;
use crate::yaml::Located;

const KNOWN: [&str; 31] = [
    "name",
    "type",
    "action",
    "input",
    "permission_set_refs",
    "permission_set_ref",
    "worker_selector",
    "worker_tolerations",
    "worker_affinity",
    "when",
    "with_items",
    "batch_size",
    "concurrency",
    "retry",
    "timeout",
    "next",
    "on_success",
    "on_failure",
    "on_complete",
    "on_timeout",
    "decision",
    "publish",
    "join",
    "tasks",
    "__chart_meta__",
    "iterate_cache",
    "trace_tag_template",
    "label",
    "description",
    "meta",
    "metadata",
];

const KINDS: [(&str, TaskKind); 3] =
    [("action", TaskKind::Action), ("parallel", TaskKind::Parallel), ("workflow", TaskKind::Workflow)];
const BACKOFFS: [(&str, Backoff); 3] =
    [("constant", Backoff::Constant), ("linear", Backoff::Linear), ("exponential", Backoff::Exponential)];

/// The names of the kinds of task.
pub(in crate::workflow) fn kind_names() -> [&'static str; 3] {
    KINDS.map(|(name, _)| name)
}

/// The names of the ways in which the delay between attempts grows.
pub(in crate::workflow) fn backoff_names() -> [&'static str; 3] {
    BACKOFFS.map(|(name, _)| name)
}

impl Reader<'_> {
    /// Reads one task; `named` is its name where a mapping gives it.
    pub(in crate::workflow) fn task(
        &mut self,
        task: Located<'_>,
        named: Option<Placed<String>>,
    ) -> Option<Task> {
        if !task.value().is_object() {
            self.wrong_type(
                task,
                "a task",
                "a mapping",
                Some("write `- name: NAME` and `action: PACK.ACTION`"),
            );
            return None;
        }
        self.report_unknown(task, " of a task", &KNOWN);
        let name = match (task.get("name"), named) {
            (Some(name), _) => self.text(name, "name"),
            (None, Some(named)) => Some(named),
            (None, None) if task.value().get("name").is_some() => Some(placed("", task.at())),
            (None, None) => {
                self.missing(task, "name", "give each task a name of its own");
                None
            }
        };
        if let Some(name) = name.as_ref().filter(|name| name.value.trim().is_empty()) {
            let message = || "a task has a blank name".to_owned();
            self.told.tell(Code::TaskName, name.at, message, "give it a name".to_owned());
        }
        let name = name.unwrap_or_else(|| placed("", task.at()));
        let kind = self.one_of(task, "type", &KINDS).unwrap_or(Placed::new(TaskKind::Action, task.at()));
        let mut read = Task {
            at: name.at,
            name,
            kind,
            action: self.optional_text(task, "action"),
            input: Map::new(),
            input_at: Vec::new(),
            permission_set_refs: None,
            worker: WorkerChoice::default(),
            when: self.optional_text(task, "when"),
            with_items: self.with_items(task),
            batch_size: self.quantity(task, "batch_size"),
            concurrency: self.quantity(task, "concurrency"),
            retry: None,
            timeout: self.quantity(task, "timeout"),
            next: Vec::new(),
            join: None,
            tasks: Vec::new(),
            chart_meta: task.get("__chart_meta__").map(|meta| meta.value().clone()),
            templates: Vec::new(),
        };
        self.input(task, &mut read);
        self.settings(task, &mut read);
        for (text, place) in
            [(&read.when, TemplatePlace::TaskWhen), (&read.with_items, TemplatePlace::WithItems)]
        {
            if let Some(text) = text {
                note(&mut read.templates, &text.value, text.at, place);
            }
        }
        dialects::transitions(self, task, &mut read);
        read.join = dialects::join(self, task);
        if task.get("tasks").is_some() {
            read.tasks = dialects::tasks(self, task, "tasks");
        }
        self.check_parts(task, &read);
        Some(read)
    }

    fn optional_text(&mut self, parent: Located<'_>, field: &str) -> Option<Placed<String>> {
        let value = self.field(parent, field)?;
        self.text(value, field)
    }

    /// The list that a task is repeated for; a server reads a template alone.
    fn with_items(&mut self, task: Located<'_>) -> Option<Placed<String>> {
        let value = self.field(task, "with_items")?;
        if value.value().is_array() {
            let advice = "keep the list in `vars`, and write `with_items: \"{{ workflow.NAME }}\"`";
            self.wrong_type(value, "with_items", "the template of a list", Some(advice));
            return None;
        }
        self.text(value, "with_items")
    }

    fn input(&mut self, task: Located<'_>, read: &mut Task) {
        let Some(input) = self.field(task, "input") else { return };
        let Value::Object(map) = input.value() else {
            self.wrong_type(input, "input", "a mapping", Some("write `input: {parameter: value}`"));
            return;
        };
        read.input.clone_from(map);
        for (name, value) in input.entries() {
            read.input_at.push(placed(name, value.key_at()));
            note_all(&mut read.templates, value, TemplatePlace::Input);
        }
    }

    fn settings(&mut self, task: Located<'_>, read: &mut Task) {
        let mut setting = |value: Option<Located<'_>>| {
            let value = value?;
            note_all(&mut read.templates, value, TemplatePlace::Setting);
            Some(value.value().clone())
        };
        let permissions = self.field(task, "permission_set_refs");
        let permissions = permissions.or_else(|| self.field(task, "permission_set_ref"));
        let permission_set_refs = setting(permissions);
        let worker = WorkerChoice {
            selector: setting(self.field(task, "worker_selector")),
            tolerations: setting(self.field(task, "worker_tolerations")),
            affinity: setting(self.field(task, "worker_affinity")),
        };
        for field in ["timeout", "join", "batch_size", "concurrency"] {
            setting(task.get(field));
        }
        if let Some(retry) = task.get("retry") {
            setting(Some(retry));
            read.retry = self.retry(retry);
        }
        (read.permission_set_refs, read.worker) = (permission_set_refs, worker);
    }

    fn retry(&mut self, retry: Located<'_>) -> Option<Retry> {
        if !retry.value().is_object() {
            self.wrong_type(retry, "retry", "a mapping", Some("write `retry: {count: 3, delay: 10}`"));
            return None;
        }
        self.report_unknown(retry, " of `retry`", &["count", "delay", "backoff", "max_delay", "on_error"]);
        for field in ["count", "delay"] {
            if retry.get(field).is_none() {
                self.missing(retry, field, "a retry needs `count` and `delay`, the latter in seconds");
            }
        }
        let count = self.quantity(retry, "count");
        if let Some(Placed { value, at }) = &count
            && let Some(number) = value.number().filter(|number| !(1..=100).contains(number))
        {
            let message = || format!("`retry.count` is {number}, which is not between 1 and 100");
            self.told.tell(Code::OutOfRange, *at, message, "write a number from 1 to 100".to_owned());
        }
        Some(Retry {
            count,
            delay: self.quantity(retry, "delay"),
            backoff: self
                .one_of(retry, "backoff", &BACKOFFS)
                .map(|backoff| backoff.value)
                .unwrap_or_default(),
            max_delay: self.quantity(retry, "max_delay"),
            on_error: self.optional_text(retry, "on_error").map(|text| text.value),
        })
    }

    /// The parts without which a server refuses a task of its kind.
    fn check_parts(&mut self, task: Located<'_>, read: &Task) {
        let name = shown(&read.name.value);
        match read.kind.value {
            TaskKind::Action if read.action.is_none() => {
                let message = || format!("the task `{name}` has no `action`");
                self.told.tell(
                    Code::TaskWithoutAction,
                    read.at,
                    message,
                    "name one: `action: PACK.ACTION`".to_owned(),
                );
            }
            TaskKind::Parallel if read.tasks.is_empty() => {
                let lacks =
                    if task.get("tasks").is_some() { "has an empty `tasks`" } else { "has no `tasks`" };
                let message = || format!("the parallel task `{name}` {lacks}");
                let advice = "list the tasks that run side by side".to_owned();
                self.told.tell(Code::ParallelWithoutTasks, read.at, message, advice);
            }
            _ => {}
        }
    }
}

/// Keeps `text` if it has expressions.
pub(super) fn note(templates: &mut Vec<Template>, text: &str, at: Position, place: TemplatePlace) {
    if is_template(text) {
        templates.push(Template { text: text.to_owned(), at, place });
    }
}

/// Keeps every text in `value` that has expressions.
pub(super) fn note_all(templates: &mut Vec<Template>, value: Located<'_>, place: TemplatePlace) {
    // The nesting is that of the YAML, which is bounded.
    match value.value() {
        Value::String(text) => note(templates, text, value.at(), place),
        Value::Array(_) => value.items().for_each(|item| note_all(templates, item, place)),
        Value::Object(_) => value.entries().for_each(|(_, item)| note_all(templates, item, place)),
        _ => {}
    }
}

//! Reads a workflow file into the model, with a finding for everything that a server would refuse.

mod scalars;
mod task;
mod transition;
mod values;

use std::sync::Arc;

use serde_json::{Map, Value};

pub(super) use scalars::Reader;
pub(super) use task::{backoff_names, kind_names};

use super::dialects;
use super::model::{CancellationPolicy, Placed, Workflow};
use super::told::{Told, shown};
use crate::diagnostics::{Code, Findings, Position};
use crate::yaml::{Located, SourceText, YamlDocument};

/// The longest ref and label, in characters, inclusive.
const MAX_NAME: usize = 255;
/// The longest version, in characters, inclusive.
const MAX_VERSION: usize = 50;

/// The fields that mean something, and those that other tools write.
const KNOWN: [&str; 18] = [
    "ref",
    "label",
    "description",
    "version",
    "parameters",
    "output",
    "vars",
    "tasks",
    "output_map",
    "tags",
    "cancellation_policy",
    "name",
    "input",
    "output_schema",
    "meta",
    "metadata",
    "enabled",
    "examples",
];

/// Reads `text`, the content of `file`.
///
/// `None` if it cannot be parsed at all; `findings` says why. A workflow that is returned may come with errors.
pub fn parse(file: &str, text: &str, findings: &mut Findings) -> Option<Workflow> {
    match YamlDocument::parse(file, text) {
        Ok(document) => {
            let map = document.to_json(findings);
            Some(parse_document(&document, map, findings).0)
        }
        Err(finding) => {
            findings.push(finding);
            None
        }
    }
}

/// Reads a parsed file, whose content as JSON is `map`; also gives that back.
pub fn parse_document(
    document: &YamlDocument,
    map: Map<String, Value>,
    findings: &mut Findings,
) -> (Workflow, Map<String, Value>) {
    let root = Value::Object(map);
    let source = document.source();
    let mut reader = Reader { told: Told::new(source) };
    let mut workflow = reader.workflow(document.locate(&root));
    reader.told.finish(findings);
    workflow.source = Arc::clone(source);
    let map = match root {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    (workflow, map)
}

/// Reads `definition`, the content of a workflow's file as a release lists it. Its places are not known, and its findings
/// were told where the file was read.
pub fn read_definition(definition: &Map<String, Value>) -> Workflow {
    let source = Arc::<SourceText>::default();
    let root = Value::Object(definition.clone());
    let mut reader = Reader { told: Told::new(&source) };
    let workflow = reader.workflow(Located::of(&root));
    Workflow { source, ..workflow }
}

impl Reader<'_> {
    fn workflow(&mut self, root: Located<'_>) -> Workflow {
        self.report_unknown(root, "", &KNOWN);
        let reference = root.get("ref").and_then(|value| self.text(value, "ref"));
        let reference = reference.filter(|reference| !reference.value.is_empty());
        if let Some(reference) = &reference {
            self.check_length("ref", &reference.value, MAX_NAME, reference.at);
        }
        let label = root.get("label").and_then(|value| self.text(value, "label"));
        if let Some(label) = &label {
            self.check_length("label", &label.value, MAX_NAME, label.at);
        }
        let description = root.get("description").and_then(|value| self.text(value, "description"));
        let parameters = dialects::parameters(self, root);
        let (output, output_map) = dialects::outputs(self, root);
        let mut workflow = Workflow {
            source: Arc::default(),
            reference,
            label: label.map(|label| label.value),
            description: description.map(|description| description.value),
            version: self.version(root),
            parameters,
            output,
            vars: dialects::vars(self, root),
            tasks: dialects::tasks(self, root, "tasks"),
            output_map,
            tags: root.get("tags").map(|tags| self.texts(tags, "tags")).unwrap_or_default(),
            cancellation_policy: self.cancellation_policy(root),
            tasks_at: root.get("tasks").map_or(Position::START, |tasks| tasks.key_at()),
        };
        self.check_tasks(root, &workflow);
        dialects::count_joins(&mut workflow);
        workflow
    }

    fn version(&mut self, root: Located<'_>) -> String {
        let Some(value) = root.get("version") else {
            self.missing(root, "version", "add `version: \"1.0.0\"`");
            return String::new();
        };
        let Some(version) = self.text(value, "version") else { return String::new() };
        if version.value.is_empty() {
            let advice = "write one, such as `\"1.0.0\"`".to_owned();
            self.told.tell(Code::Missing, version.at, || "`version` is blank".to_owned(), advice);
        }
        self.check_length("version", &version.value, MAX_VERSION, version.at);
        version.value
    }

    fn cancellation_policy(&mut self, root: Located<'_>) -> CancellationPolicy {
        let choice = [
            ("allow_finish", CancellationPolicy::AllowFinish),
            ("cancel_running", CancellationPolicy::CancelRunning),
        ];
        self.one_of(root, "cancellation_policy", &choice).map(|policy| policy.value).unwrap_or_default()
    }

    fn check_tasks(&mut self, root: Located<'_>, workflow: &Workflow) {
        if root.get("tasks").is_none() {
            self.missing(root, "tasks", "a workflow needs at least one task");
        } else if workflow.tasks.is_empty() && root.get("tasks").is_some_and(values::is_empty) {
            let advice = "a workflow needs at least one task".to_owned();
            self.told.tell(Code::Missing, workflow.tasks_at, || "`tasks` is empty".to_owned(), advice);
        }
    }

    fn check_length(&mut self, field: &str, text: &str, most: usize, at: Position) {
        // A text has at least as many bytes as characters.
        if text.len() > most && text.chars().count() > most {
            let message = || format!("`{field}` is `{}`, longer than {most} characters", shown(text));
            self.told.tell(Code::TextTooLong, at, message, "shorten it".to_owned());
        }
    }

    /// The tasks of a list, or of the list that another dialect makes of something else.
    pub(super) fn task_list(&mut self, list: Located<'_>) -> Vec<super::model::Task> {
        list.items().filter_map(|task| self.task(task, None)).collect()
    }
}

/// A name with its place.
pub(super) fn placed(text: &str, at: Position) -> Placed<String> {
    Placed::new(text.to_owned(), at)
}

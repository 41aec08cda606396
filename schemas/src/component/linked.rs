//! Workflows that actions name by `workflow_file`: any file of the pack, shared by several actions or not.
//!
//! Such a file has the graph. What people see and what the workflow is called with is the action's: so each
//! action gets a definition of its own, with its ref, label and parameters.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::entry_point::resolve;
use super::files::{is_linked, kind_of};
use super::kind::ComponentKind;
use super::known_actions::parameters;
use super::read::{ComponentFile, read_graph};
use super::summary::ComponentSummary;
use crate::diagnostics::{Code, Findings};
use crate::entry_path::EntryPath;
use crate::workflow::Workflow;

/// The workflows that the actions of a pack name.
#[derive(Debug, Default)]
pub(crate) struct LinkedWorkflows {
    /// One definition for each such action, with the action's ref.
    definitions: Vec<ComponentSummary>,
    /// The files that they are in, each with the actions that name it.
    files: BTreeMap<EntryPath, Vec<Caller>>,
    /// The files among them that are no component files.
    graphs: BTreeMap<EntryPath, Option<Graph>>,
}

/// The content of a file as JSON, and as a workflow.
type Graph = (Map<String, Value>, Workflow);

/// An action that names a workflow's file.
#[derive(Debug)]
struct Caller {
    component_ref: String,
    /// The schema of its parameters, if it has one.
    parameters: Option<Value>,
}

/// Reads the files among `files` that actions name as their workflows; `read` gives their texts.
pub(crate) fn link_workflows(
    components: &[ComponentFile],
    files: &BTreeSet<EntryPath>,
    read: &dyn Fn(&EntryPath, &mut Findings) -> Option<String>,
    findings: &mut Findings,
) -> LinkedWorkflows {
    let mut linked = LinkedWorkflows::default();
    for component in components.iter().filter(|component| component.summary.kind == ComponentKind::Action) {
        let named = component.summary.workflow_file();
        let Some(file) = named.filter(|file| files.contains(file)) else { continue };
        let is_it = |other: &&ComponentFile| {
            other.summary.kind == ComponentKind::Workflow && other.summary.file == file
        };
        let graph = match components.iter().find(is_it) {
            Some(workflow) => Some(&workflow.summary.definition),
            // Its defects have been told where it was read as a component.
            None if kind_of(&file) == Some(ComponentKind::Workflow) => None,
            None => {
                let read = || read_graph(&file, &read(&file, findings)?, findings);
                let graph = linked.graphs.entry(file.clone()).or_insert_with(read);
                graph.as_ref().map(|(graph, _)| graph)
            }
        };
        if let Some(graph) = graph {
            linked.definitions.push(definition(&component.summary, &file, graph));
        }
        report_shadowed(component, &file, components, findings);
        let caller = Caller {
            component_ref: component.summary.component_ref.clone(),
            parameters: parameters(&component.summary),
        };
        linked.files.entry(file).or_default().push(caller);
    }
    linked
}

impl ComponentSummary {
    /// The file that it names as its workflow, if it is an action that does so and the path stays in the pack.
    pub fn workflow_file(&self) -> Option<EntryPath> {
        let named = self.definition.get("workflow_file").and_then(Value::as_str);
        let named = named.filter(|path| self.kind == ComponentKind::Action && !path.trim().is_empty());
        named.and_then(|path| resolve("actions", path))
    }
}

/// The workflow of `action`, whose graph is in `file`.
fn definition(action: &ComponentSummary, file: &EntryPath, graph: &Map<String, Value>) -> ComponentSummary {
    let mut definition = graph.clone();
    definition.insert("ref".to_owned(), Value::from(action.component_ref.as_str()));
    definition.insert("label".to_owned(), Value::from(action.label.as_str()));
    for key in ["parameters", "output", "description", "tags"] {
        if let Some(value) = action.definition.get(key) {
            definition.insert(key.to_owned(), value.clone());
        }
    }
    ComponentSummary {
        kind: ComponentKind::Workflow,
        component_ref: action.component_ref.clone(),
        label: action.label.clone(),
        file: file.clone(),
        definition,
    }
}

/// Tells of a workflow that has the action's ref and is in another file than the action names.
fn report_shadowed(
    action: &ComponentFile,
    file: &EntryPath,
    components: &[ComponentFile],
    findings: &mut Findings,
) {
    let component_ref = &action.summary.component_ref;
    let namesakes = components.iter().map(|component| &component.summary);
    let mut namesakes = namesakes
        .filter(|other| other.kind == ComponentKind::Workflow && other.component_ref == *component_ref);
    // Two files of one ref have been told of already, if it is one of them.
    if !namesakes.clone().any(|other| other.file == *file)
        && let Some(other) = namesakes.next()
    {
        let message = format!("the workflow `{component_ref}` is in `{}` as well", other.file);
        let finding = action.fields().finding(Code::WorkflowShadowed, "workflow_file", message);
        findings.push(finding.advise("give each a ref of its own, or remove one"));
    }
}

impl LinkedWorkflows {
    /// The files that actions name.
    pub(crate) fn files(&self) -> BTreeSet<EntryPath> {
        self.files.keys().cloned().collect()
    }

    /// The parameters of each action that names `file`, if it has a schema; `None` if no action names it.
    pub(super) fn callers(&self, file: &EntryPath) -> Option<Vec<Option<&Value>>> {
        Some(self.files.get(file)?.iter().map(|caller| caller.parameters.as_ref()).collect())
    }

    /// The refs of the actions that name `file`.
    pub(super) fn refs(&self, file: &EntryPath) -> impl Iterator<Item = &str> {
        self.files.get(file).into_iter().flatten().map(|caller| caller.component_ref.as_str())
    }

    /// The workflows in files that are no component files.
    pub(super) fn workflows(&self) -> impl Iterator<Item = (&EntryPath, &Workflow)> {
        self.graphs.iter().filter_map(|(file, graph)| Some((file, &graph.as_ref()?.1)))
    }

    /// The components of the pack with these workflows in place of what their files alone would be.
    pub(crate) fn take_place_in(self, components: Vec<ComponentFile>) -> Vec<ComponentSummary> {
        let refs: BTreeSet<&str> =
            self.definitions.iter().map(|linked| linked.component_ref.as_str()).collect();
        let stays = |component: &ComponentFile| {
            let ComponentSummary { kind, component_ref, file, .. } = &component.summary;
            let is_graph = is_linked(file) && self.files.contains_key(file) && !component.has_own_ref();
            *kind != ComponentKind::Workflow || !(is_graph || refs.contains(component_ref.as_str()))
        };
        let kept: Vec<_> = components.into_iter().filter(stays).map(ComponentFile::into_summary).collect();
        kept.into_iter().chain(self.definitions).collect()
    }
}

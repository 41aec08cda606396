//! The columns of a workflow, and the action that runs it.

use attune_schemas::PackRef;
use attune_schemas::component::{ComponentKind, ComponentSummary};
use attune_schemas::diagnostics::{Finding, Severity};
use attune_schemas::workflow::Workflow;
use serde_json::{Map, Value};

use super::known::RowSource;
use super::loader::WorkflowFault;

/// A workflow as it is registered.
#[derive(Debug)]
pub(in crate::database) struct WorkflowRow {
    pub(super) reference: String,
    pub(super) label: String,
    pub(super) description: Option<String>,
    pub(super) version: String,
    pub(super) param_schema: Option<String>,
    pub(super) out_schema: Option<String>,
    /// The normal form.
    pub(super) definition: String,
    pub(super) tags: String,
    /// Its file in the pack.
    pub(super) file: String,
    /// What the row is made of; `None` where it is made of what the release says alone.
    pub(super) source: Option<RowSource>,
    /// Why its file is not used.
    pub(super) fault: Option<WorkflowFault>,
    /// What was found in its file.
    pub(super) findings: Vec<Finding>,
    /// The action with its ref, which runs it.
    pub(super) action: ComponentSummary,
    /// Whether the pack has no such action, so that it comes with the workflow.
    pub(super) is_companion: bool,
}

impl WorkflowRow {
    /// The row of `component`, which `workflow` was read of. What people see, and what it is called with, is that of
    /// `action`, the one with its ref, where that names its file.
    pub(super) fn of(
        pack: &PackRef,
        component: &ComponentSummary,
        action: Option<&ComponentSummary>,
        workflow: &Workflow,
    ) -> Self {
        let mut form = workflow.normal_form();
        form.insert("ref".to_owned(), component.component_ref.as_str().into());
        form.insert("label".to_owned(), component.label.as_str().into());
        let linked =
            action.filter(|action| action.workflow_file().is_some_and(|file| file == component.file));
        for key in ["description", "parameters", "output", "tags"] {
            let of_action = linked.and_then(|action| action.definition.get(key));
            if let Some(value) = of_action.filter(|value| !value.is_null()) {
                form.insert(key.to_owned(), value.clone());
            }
        }
        let json = |key: &str| form.get(key).filter(|value| !value.is_null()).map(Value::to_string);
        let row = Self {
            reference: component.component_ref.clone(),
            label: component.label.clone(),
            description: form.get("description").and_then(Value::as_str).map(str::to_owned),
            version: workflow.version.clone(),
            param_schema: json("parameters"),
            out_schema: json("output"),
            tags: json("tags").unwrap_or_else(|| "[]".to_owned()),
            definition: String::new(),
            file: component.file.to_string(),
            source: None,
            fault: None,
            findings: Vec::new(),
            action: action.cloned().unwrap_or_else(|| companion(pack, component, &form)),
            is_companion: action.is_none(),
        };
        let definition = serde_json::to_string(&form).expect("a JSON value serialises");
        Self { definition, ..row }
    }

    /// The warnings of its file, in words.
    pub(super) fn warnings(&self) -> Vec<String> {
        self.told(|severity| severity != Severity::Error)
    }

    /// The errors of its file, in words.
    pub(super) fn errors(&self) -> Vec<String> {
        self.told(|severity| severity == Severity::Error)
    }

    fn told(&self, is_wanted: impl Fn(Severity) -> bool) -> Vec<String> {
        self.findings.iter().filter(|finding| is_wanted(finding.severity)).map(ToString::to_string).collect()
    }
}

/// The action of a workflow that no action names. Its entry point is the one that servers write.
fn companion(pack: &PackRef, component: &ComponentSummary, form: &Map<String, Value>) -> ComponentSummary {
    let name = component.component_ref.strip_prefix(pack.as_str()).and_then(|rest| rest.strip_prefix('.'));
    let name = name.unwrap_or(&component.component_ref);
    let mut definition = Map::new();
    definition.insert("workflow_file".to_owned(), format!("workflows/{name}.workflow.yaml").into());
    for key in ["description", "parameters", "output"] {
        if let Some(value) = form.get(key).filter(|value| !value.is_null()) {
            definition.insert(key.to_owned(), value.clone());
        }
    }
    ComponentSummary { kind: ComponentKind::Action, definition, ..component.clone() }
}

//! The workflows of the installed packs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::component::{ComponentKind, ComponentSummary};
use attune_schemas::diagnostics::closest;
use attune_schemas::workflow::{Workflow, read_definition};
use attune_schemas::{EntryPath, PackRef};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{InventoryError, installed};
use crate::database::workflow_ids;
use crate::generation::KeptRelease;
use crate::root::HostRoot;

/// Workflows of the installed packs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedWorkflows {
    /// The installation root.
    pub root: PathBuf,
    /// The active generation.
    pub generation: u64,
    /// The workflows, by ref.
    pub workflows: Vec<ListedWorkflow>,
}

impl Report for ListedWorkflows {
    const FORMAT: &'static str = "attune-install.workflows/v1";
}

/// Who runs a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WorkflowHome {
    /// An action of the pack names its file.
    Linked,
    /// No action does: its companion action comes with its registration.
    Standalone,
}

impl WorkflowHome {
    /// That of the workflow `component`, of a pack with `components`.
    pub fn of(component: &ComponentSummary, components: &[ComponentSummary]) -> Self {
        let is_its_action = |action: &ComponentSummary| {
            action.component_ref == component.component_ref && action.workflow_file().is_some()
        };
        if components.iter().any(is_its_action) { Self::Linked } else { Self::Standalone }
    }
}

/// A workflow of an installed pack.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedWorkflow {
    /// Its ref, which is that of its action as well.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Its pack.
    pub pack: PackRef,
    /// Its name for people.
    pub label: String,
    /// Its own version.
    pub version: String,
    /// Number of its tasks, those inside of others too.
    pub tasks: usize,
    /// Who runs it.
    pub home: WorkflowHome,
    /// Its file in the pack.
    pub file: EntryPath,
    /// The number of its row; absent where it is not registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_def_id: Option<i64>,
}

/// A workflow with its definition.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownWorkflow {
    /// The installation root.
    pub root: PathBuf,
    /// The columns of the list.
    #[serde(flatten)]
    pub listed: ListedWorkflow,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The workflow in its normal form: every task with all its keys, transitions in `next`.
    pub definition: Map<String, Value>,
}

impl Report for ShownWorkflow {
    const FORMAT: &'static str = "attune-install.workflow/v1";
}

/// Lists the workflows of the packs that are installed on `root`, or of `packs` alone; reads only.
///
/// # Errors
/// There is nothing: see [`installed()`]. One of `packs` is not installed.
pub fn list_workflows(root: &HostRoot, packs: &[PackRef]) -> Result<ListedWorkflows, InventoryError> {
    let active = installed(root)?;
    for pack in packs {
        active.installed_pack(pack)?;
    }
    let ids = workflow_ids(root)?;
    let mut workflows = Vec::new();
    for pack in active.packs.keys().filter(|pack| packs.is_empty() || packs.contains(pack)) {
        let kept =
            KeptRelease::load(&root.generation(active.id), pack).map_err(|source| root.failed(source))?;
        let Some(kept) = kept else { continue };
        let components = &kept.config.components;
        for component in components.iter().filter(|component| component.kind == ComponentKind::Workflow) {
            let workflow = read_definition(&component.definition);
            workflows.push(listed(pack, component, components, &workflow, &ids));
        }
    }
    workflows.sort_by(|a, b| a.reference.cmp(&b.reference));
    Ok(ListedWorkflows { root: root.path().to_owned(), generation: active.id, workflows })
}

/// The workflow `reference` of the packs that are installed on `root`; reads only.
///
/// # Errors
/// There is no such workflow.
pub fn show_workflow(root: &HostRoot, reference: &str) -> Result<ShownWorkflow, InventoryError> {
    let active = installed(root)?;
    let ids = workflow_ids(root)?;
    let mut refs = BTreeSet::new();
    for pack in active.packs.keys() {
        let kept =
            KeptRelease::load(&root.generation(active.id), pack).map_err(|source| root.failed(source))?;
        let components = kept.map(|kept| kept.config.components).unwrap_or_default();
        let is_workflow = |component: &&ComponentSummary| component.kind == ComponentKind::Workflow;
        let found = components.iter().filter(is_workflow).find(|known| known.component_ref == reference);
        if let Some(component) = found {
            let workflow = read_definition(&component.definition);
            return Ok(ShownWorkflow {
                root: root.path().to_owned(),
                listed: listed(pack, component, &components, &workflow, &ids),
                description: workflow.description.clone().filter(|text| !text.is_empty()),
                definition: workflow.normal_form(),
            });
        }
        refs.extend(components.iter().filter(is_workflow).map(|known| known.component_ref.clone()));
    }
    let known: Vec<&str> = refs.iter().map(String::as_str).collect();
    let similar = closest(reference, &known).map(str::to_owned);
    Err(InventoryError::NoWorkflow { workflow: reference.to_owned(), similar })
}

fn listed(
    pack: &PackRef,
    component: &ComponentSummary,
    components: &[ComponentSummary],
    workflow: &Workflow,
    ids: &BTreeMap<String, i64>,
) -> ListedWorkflow {
    ListedWorkflow {
        reference: component.component_ref.clone(),
        pack: pack.clone(),
        label: component.label.clone(),
        version: workflow.version.clone(),
        tasks: workflow.all_tasks().len(),
        home: WorkflowHome::of(component, components),
        file: component.file.clone(),
        workflow_def_id: ids.get(&component.component_ref).copied(),
    }
}

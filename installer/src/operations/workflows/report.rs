//! What became of workflows, and what was found in them.

use std::path::PathBuf;

use attune_host::database::{SyncedPack, SyncedWorkflow, WorkflowChange};
use attune_host::inventory::WorkflowHome;
use attune_registry::report::Report;
use attune_schemas::lint::Finding;
use attune_schemas::{EntryPath, PackRef};
use schemars::JsonSchema;
use serde::Serialize;

/// What became of the rows of workflows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowSyncReport {
    /// Whether it only says what would become of them.
    pub dry_run: bool,
    /// The installation root.
    pub root: PathBuf,
    /// The active generation.
    pub generation: u64,
    /// Whether rows were written or removed; in a dry run, whether they would be.
    pub changed: bool,
    /// The packs, by ref.
    pub packs: Vec<SyncedPackReport>,
}

impl Report for WorkflowSyncReport {
    const FORMAT: &'static str = "attune-install.workflow-sync/v1";
}

/// What became of the rows of a pack's workflows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncedPackReport {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Number of the pack's workflows.
    pub loaded_count: usize,
    /// Number of them whose rows are in step.
    pub registered_count: usize,
    /// The workflows, and those that are removed since the pack has them no longer.
    pub workflows: Vec<SyncedWorkflowReport>,
    /// The errors of all of them: of their files, and of files that cannot be used.
    pub errors: Vec<String>,
}

/// What became of the row of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncedWorkflowReport {
    /// Its ref.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What became of it.
    pub change: WorkflowChange,
    /// The number of its row; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_def_id: Option<i64>,
    /// The warnings of its file.
    pub warnings: Vec<String>,
    /// The errors of its file.
    pub errors: Vec<String>,
}

impl From<SyncedPack> for SyncedPackReport {
    fn from(pack: SyncedPack) -> Self {
        let workflows: Vec<SyncedWorkflowReport> = pack.workflows.into_iter().map(Into::into).collect();
        let has = |such: &[WorkflowChange]| workflows.iter().filter(|it| such.contains(&it.change)).count();
        let removed = has(&[WorkflowChange::Removed]);
        Self {
            pack: pack.pack,
            loaded_count: workflows.len() - removed,
            registered_count: has(&[
                WorkflowChange::Created,
                WorkflowChange::Updated,
                WorkflowChange::Unchanged,
            ]),
            errors: workflows.iter().flat_map(|workflow| workflow.errors.clone()).collect(),
            workflows,
        }
    }
}

impl From<SyncedWorkflow> for SyncedWorkflowReport {
    fn from(workflow: SyncedWorkflow) -> Self {
        let mut errors = workflow.errors;
        errors.extend(workflow.fault.map(|fault| fault.to_string()));
        Self {
            reference: workflow.reference,
            change: workflow.change,
            workflow_def_id: workflow.id,
            warnings: workflow.warnings,
            errors,
        }
    }
}

/// What was found in the workflows of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowValidationReport {
    /// The pack; absent where its `pack.yaml` does not say.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub pack: Option<PackRef>,
    /// Its directory.
    pub directory: PathBuf,
    /// Number of its workflows that could be read.
    pub validated_count: usize,
    /// Number of errors.
    pub error_count: usize,
    /// Number of warnings.
    pub warning_count: usize,
    /// The workflows, by ref.
    pub workflows: Vec<ValidatedWorkflow>,
    /// Everything that was found, by file and line.
    pub findings: Vec<Finding>,
}

impl Report for WorkflowValidationReport {
    const FORMAT: &'static str = "attune-install.workflow-validation/v1";
}

/// A workflow that could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidatedWorkflow {
    /// Its ref.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Its file in the pack.
    pub file: EntryPath,
    /// Who runs it.
    pub home: WorkflowHome,
}

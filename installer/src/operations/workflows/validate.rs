//! Every finding of a pack's workflows; nothing is registered.

use std::collections::BTreeSet;
use std::path::PathBuf;

use attune_host::generation::{Generation, KeptRelease};
use attune_host::inventory::{InventoryError, WorkflowHome, installed};
use attune_host::root::HostRoot;
use attune_registry::pack_directory::PackDirectory;
use attune_schemas::PackRef;
use attune_schemas::component::{ComponentKind, ComponentSummary, KnownActions, component_files};
use attune_schemas::lint::{Code, Finding, Severity};
use attune_schemas::pack::PACK_FILE;

use super::error::WorkflowError;
use super::report::{ValidatedWorkflow, WorkflowValidationReport};

/// The pack whose workflows are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkflowsOf {
    /// An installed pack.
    Pack(PackRef),
    /// The pack in a directory.
    Directory(PathBuf),
}

/// What is said of the file of an action and is about its workflow.
const OF_ACTIONS: [Code; 4] =
    [Code::WorkflowFileMissing, Code::WorkflowShadowed, Code::NeededFileLeftOut, Code::UnsafePath];

/// Checks the workflows of `what`, with all that the packs on `root` know of the actions that they run.
///
/// # Errors
/// The pack is not installed, or its directory cannot be read.
pub fn validate_workflows(
    root: &HostRoot,
    what: &WorkflowsOf,
) -> Result<WorkflowValidationReport, WorkflowError> {
    let (active, directory) = match what {
        WorkflowsOf::Pack(pack) => {
            let active = installed(root)?;
            active.installed_pack(pack)?;
            (Some(active), root.pack(pack))
        }
        // Without a host, nothing is known of the actions of other packs.
        WorkflowsOf::Directory(directory) => (installed(root).ok(), directory.clone()),
    };
    let actions = active.map(|active| known_actions(root, &active)).transpose()?.unwrap_or_default();
    let read = PackDirectory::open(&directory)?;
    let linted = read.lint_beside(&actions);
    let files = read.files().map(|(file, _)| file.clone()).collect();
    let components = &linted.components;
    let mut of_workflows: BTreeSet<String> = component_files(&files)
        .into_iter()
        .filter(|(kind, _)| *kind == ComponentKind::Workflow)
        .map(|(_, file)| file.to_string())
        .collect();
    of_workflows
        .extend(components.iter().filter_map(ComponentSummary::workflow_file).map(|file| file.to_string()));
    let is_of_workflows = |finding: &Finding| {
        of_workflows.contains(&finding.file)
            || OF_ACTIONS.contains(&finding.code) && finding.file.starts_with("actions/")
            || finding.file == PACK_FILE && finding.severity == Severity::Error
    };
    let findings: Vec<Finding> = linted.findings.into_iter().filter(is_of_workflows).collect();
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let workflows = components.iter().filter(|component| component.kind == ComponentKind::Workflow);
    let workflows: Vec<ValidatedWorkflow> = workflows
        .map(|component| ValidatedWorkflow {
            reference: component.component_ref.clone(),
            file: component.file.clone(),
            home: WorkflowHome::of(component, components),
        })
        .collect();
    Ok(WorkflowValidationReport {
        pack: linted.metadata.map(|metadata| metadata.pack),
        directory,
        validated_count: workflows.len(),
        error_count: count(Severity::Error),
        warning_count: count(Severity::Warning),
        workflows,
        findings,
    })
}

/// The actions of everything that `active` has.
fn known_actions(root: &HostRoot, active: &Generation) -> Result<KnownActions, InventoryError> {
    let mut actions = KnownActions::default();
    for pack in active.packs.keys() {
        let kept = KeptRelease::load(&root.generation(active.id), pack);
        if let Some(kept) = kept.map_err(|source| root.failed(source))? {
            actions.add(pack, &kept.config.components);
        }
    }
    Ok(actions)
}

//! Workflows, checked with all that their pack knows: who runs them, and which actions there are.

use serde_json::Value;

use super::files::{is_linked, workflow_name};
use super::kind::ComponentKind;
use super::known_actions::ActionLookup;
use super::linked::LinkedWorkflows;
use super::read::ComponentFile;
use super::summary::ComponentSummary;
use super::workflow_calls::{CalledWorkflow, check_calls};
use crate::diagnostics::Findings;
use crate::entry_path::EntryPath;
use crate::workflow::{Home, Workflow, WorkflowContext, check};

/// Checks each workflow among `components`, and those of other files that actions name, against all rules.
pub(crate) fn check_workflows(
    components: &[ComponentFile],
    linked: &LinkedWorkflows,
    actions: &ActionLookup<'_>,
    findings: &mut Findings,
) {
    let own =
        components.iter().filter_map(|component| Some((&component.summary.file, component.workflow()?)));
    let lookup = |reference: &str| actions.of(reference);
    let mut called = Vec::new();
    for (file, workflow) in own.chain(linked.workflows()) {
        let callers = linked.callers(file).or_else(|| is_shadowed(file, components).then(Vec::new));
        let home = home(file, callers.as_deref());
        let context = WorkflowContext {
            pack: actions.pack.as_str(),
            name: workflow_name(file),
            home,
            actions: Some(&lookup),
        };
        check(workflow, &context, findings);
        let own_ref = components.iter().map(|component| &component.summary).find(|own| own.file == *file);
        let own_ref = own_ref.filter(|_| home == Home::Standalone).map(|own| own.component_ref.as_str());
        called.push(CalledWorkflow { workflow, refs: linked.refs(file).chain(own_ref).collect() });
    }
    check_calls(&called, findings);
}

/// Whether the ref of the workflow in `file` is that of an action, which runs something else.
fn is_shadowed(file: &EntryPath, components: &[ComponentFile]) -> bool {
    let mut summaries = components.iter().map(|component| &component.summary);
    let of_file = summaries.clone().find(|summary| summary.file == *file);
    of_file.is_some_and(|workflow| {
        let is_action = |other: &ComponentSummary| other.kind == ComponentKind::Action;
        summaries.any(|other| is_action(other) && other.component_ref == workflow.component_ref)
    })
}

/// Where the workflow in `file` is run from; `callers` are the parameters of the actions that name it.
fn home<'a>(file: &EntryPath, callers: Option<&'a [Option<&'a Value>]>) -> Home<'a> {
    match callers {
        Some(callers) => Home::Linked(callers),
        // That no action names it is told where components are checked against each other.
        None if is_linked(file) => Home::Linked(&[]),
        None => Home::Standalone,
    }
}

impl ComponentFile {
    /// The workflow that the file holds, if it is one.
    pub(crate) fn workflow(&self) -> Option<&Workflow> {
        self.workflow.as_ref()
    }
}

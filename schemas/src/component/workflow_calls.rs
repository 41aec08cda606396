//! Workflows of a pack that run each other, and never end.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::{Code, Finding, Findings};
use crate::workflow::{Graph, Placed, Workflow};

/// A workflow, and the refs of the actions that run it.
pub(super) struct CalledWorkflow<'a> {
    pub(super) workflow: &'a Workflow,
    pub(super) refs: Vec<&'a str>,
}

/// The number of a workflow, and where another runs it.
type Call<'a> = (usize, &'a Placed<String>);

/// Tells of each workflow that runs itself in any case where its tasks succeed, directly or by way of others.
pub(super) fn check_calls(workflows: &[CalledWorkflow<'_>], findings: &mut Findings) {
    let by_ref: BTreeMap<&str, usize> = workflows
        .iter()
        .enumerate()
        .flat_map(|(index, called)| called.refs.iter().map(move |reference| (*reference, index)))
        .collect();
    let calls: Vec<Vec<Call<'_>>> = workflows.iter().map(|called| calls(called.workflow, &by_ref)).collect();
    for (index, called) in workflows.iter().enumerate() {
        let Some((_, action)) = calls[index].iter().find(|(to, _)| leads(&calls, *to, index)) else {
            continue;
        };
        let message = format!("the workflow runs itself by way of `{}`, and never ends", action.value);
        let finding = Finding::new(Code::EndlessCalls, called.workflow.file(), action.at, message);
        findings.push(finding.advise("run it on a condition: give the task a `when`"));
    }
}

/// The workflows that `workflow` runs in any case where its tasks succeed.
fn calls<'a>(workflow: &'a Workflow, by_ref: &BTreeMap<&str, usize>) -> Vec<Call<'a>> {
    let graph = Graph::of(workflow);
    let certain = graph.certain();
    let tasks =
        graph.nodes().iter().zip(certain).filter(|(_, is_certain)| *is_certain).map(|(node, _)| node.task);
    tasks
        .filter_map(|task| task.action.as_ref())
        .filter_map(|action| Some((*by_ref.get(action.value.as_str())?, action)))
        .collect()
}

/// Whether `from` runs `to`, or is it.
fn leads(calls: &[Vec<Call<'_>>], from: usize, to: usize) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(workflow) = open.pop() {
        if workflow == to {
            return true;
        }
        if seen.insert(workflow) {
            open.extend(calls[workflow].iter().map(|(next, _)| *next));
        }
    }
    false
}

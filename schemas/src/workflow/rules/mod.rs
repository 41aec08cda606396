//! Every rule of a workflow that is more than the form of its fields.
//!
//! Those of the server's validator, those that no server has, and those that a server of today needs to run what its
//! documents allow. `docs/WORKFLOWS.md` lists them all with the server's stance.

mod actions;
mod conditions;
mod context;
mod flow;
mod names;
mod schemas;
mod settings;
mod templates;
mod variables;

pub use context::{ActionKnown, Home, Lookup, WorkflowContext};

use super::graph::Graph;
use super::model::Workflow;
use super::parameters::ParameterSet;
use super::told::Told;
use crate::diagnostics::{Code, Findings, Position};

/// The most tasks that a workflow has without a word.
const MAX_TASKS: usize = 1_000;

/// Checks `workflow` against all rules, with all that `context` knows.
pub fn check(workflow: &Workflow, context: &WorkflowContext<'_>, findings: &mut Findings) {
    let mut told = Told::new(&workflow.source);
    let graph = Graph::of(workflow);
    let checked = Checked { workflow, context, graph: &graph, parameters: context.parameters(workflow) };
    checked.check_size(&mut told);
    names::check(&checked, &mut told);
    schemas::check(&checked, &mut told);
    settings::check(&checked, &mut told);
    flow::check(&checked, &mut told);
    actions::check(&checked, &mut told);
    conditions::check(&checked, &mut told);
    let used = templates::check(&checked, &mut told);
    variables::check(&checked, &used, &mut told);
    told.finish(findings);
}

/// A workflow with what the rules ask for again and again.
struct Checked<'c, 'w> {
    workflow: &'w Workflow,
    context: &'c WorkflowContext<'c>,
    graph: &'c Graph<'w>,
    /// The parameters that it is called with; `None` if nobody knows them.
    parameters: Option<ParameterSet>,
}

impl Checked<'_, '_> {
    fn check_size(&self, told: &mut Told<'_>) {
        let count = self.graph.nodes().len();
        if count > MAX_TASKS {
            let message = || format!("the workflow has {count} tasks, more than {MAX_TASKS}");
            let advice = "split it into workflows that call each other, or use `with_items`".to_owned();
            told.tell(Code::ManyTasks, self.workflow.tasks_at, message, advice);
        }
        if let Home::Standalone = self.context.home {
            let name = self.context.name;
            let message =
                || "no action names this workflow, and servers of today cannot run it so".to_owned();
            let advice = format!(
                "add `actions/{name}.yaml` with `ref: {}.{name}` and `workflow_file: {}`",
                self.context.pack,
                context::file_from_actions(self.workflow.file()),
            );
            told.tell(Code::StandaloneWorkflow, Position::START, message, advice);
            if self.workflow.reference.is_none() {
                let message =
                    || "the workflow has no `ref`, so that a server's sync passes it over".to_owned();
                let advice = format!("add `ref: {}.{name}`", self.context.pack);
                told.tell(Code::WorkflowRefMissing, Position::START, message, advice);
            }
        }
    }
}

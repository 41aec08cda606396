//! All that the caller of the rules knows beside the file.

use std::fmt;

use serde_json::Value;

use crate::workflow::model::Workflow;
use crate::workflow::parameters::ParameterSet;

/// Where a workflow is run from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Home<'a> {
    /// By itself: no action names its file.
    Standalone,
    /// By the actions that name its file, each with the schema of its parameters if it has one; none if they are not
    /// known.
    Linked(&'a [Option<&'a Value>]),
}

/// What is known of an action.
#[derive(Debug, Clone, PartialEq)]
pub enum ActionKnown {
    /// Nothing: another pack may define it.
    Unjudged,
    /// It is not defined where it should be.
    Missing {
        /// The reason for which it should.
        reason: String,
        /// The remedy.
        advice: String,
    },
    /// It is defined, with these parameters, if they are known.
    Defined(Option<ParameterSet>),
}

/// The answer of the caller to the question for an action's ref.
pub type Lookup<'a> = dyn Fn(&str) -> ActionKnown + 'a;

/// All that the caller knows.
#[derive(Clone, Copy)]
pub struct WorkflowContext<'a> {
    /// The ref of the pack.
    pub pack: &'a str,
    /// The name that the file gives the workflow.
    pub name: &'a str,
    /// Where it is run from.
    pub home: Home<'a>,
    /// What is known of actions; `None` if nothing is.
    pub actions: Option<&'a Lookup<'a>>,
}

impl fmt::Debug for WorkflowContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pack, name, home, actions } = self;
        let mut shown = f.debug_struct("WorkflowContext");
        shown.field("pack", pack).field("name", name).field("home", home);
        shown.field("actions", &actions.is_some()).finish()
    }
}

impl WorkflowContext<'_> {
    /// What is known of the action `reference`.
    pub(super) fn action(&self, reference: &str) -> ActionKnown {
        self.actions.map_or(ActionKnown::Unjudged, |lookup| lookup(reference))
    }

    /// The parameters that the workflow is called with; `None` if they are not known.
    ///
    /// Those of its actions, of which each falls back on the workflow's own.
    pub(super) fn parameters(&self, workflow: &Workflow) -> Option<ParameterSet> {
        let own = workflow.parameters.as_ref().map(|own| ParameterSet::of(&own.value));
        let Home::Linked(actions) = self.home else {
            return Some(own.unwrap_or_default());
        };
        let of_actions = actions.iter().map(|action| match action {
            Some(schema) => ParameterSet::of(schema),
            None => own.clone().unwrap_or_default(),
        });
        of_actions.reduce(ParameterSet::or)
    }
}

/// `file` as an action's `workflow_file` names it.
pub(super) fn file_from_actions(file: &str) -> String {
    file.strip_prefix("actions/").map_or_else(|| format!("../{file}"), str::to_owned)
}

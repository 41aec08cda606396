//! The actions that tasks run, and the parameters that they give them.

use super::Checked;
use super::context::ActionKnown;
use crate::diagnostics::{Code, closest};
use crate::workflow::expression::is_template;
use crate::workflow::model::{Placed, Task};
use crate::workflow::parameters::ParameterSet;
use crate::workflow::told::{Told, shown};

pub(super) fn check(checked: &Checked<'_, '_>, told: &mut Told<'_>) {
    for node in checked.graph.nodes() {
        let Some(action) = &node.task.action else { continue };
        if !has_form(&action.value) {
            let message = || format!("`{}` is not the ref of an action", shown(&action.value));
            told.tell(Code::ActionRefForm, action.at, message, "write `PACK.ACTION`".to_owned());
            continue;
        }
        if is_template(&action.value) {
            continue;
        }
        match checked.context.action(&action.value) {
            ActionKnown::Unjudged | ActionKnown::Defined(None) => {}
            ActionKnown::Missing { reason, advice } => {
                let message =
                    || format!("nothing is known of the action `{}`: {reason}", shown(&action.value));
                told.tell(Code::ActionUnknown, action.at, message, advice);
            }
            ActionKnown::Defined(Some(parameters)) => check_parameters(node.task, action, &parameters, told),
        }
    }
}

/// At least two parts, none of them empty; servers look no closer, and take a template with a dot.
fn has_form(action: &str) -> bool {
    action.contains('.') && action.split('.').all(|part| !part.is_empty())
}

fn check_parameters(task: &Task, action: &Placed<String>, parameters: &ParameterSet, told: &mut Told<'_>) {
    let action_ref = shown(&action.value);
    for name in task.input_at.iter().filter(|name| parameters.get(&name.value).is_none()) {
        if parameters.is_open() {
            break;
        }
        let known: Vec<&str> = parameters.names().collect();
        let advice = match closest(&name.value, &known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known.is_empty() => "the action has no parameters".to_owned(),
            None => format!("it has {}", shown(&known.join(", "))),
        };
        let message = || format!("the action `{action_ref}` has no parameter `{}`", shown(&name.value));
        told.tell(Code::ParameterUnknown, name.at, message, advice);
    }
    // A task without any input passes the workflow's own parameters on.
    if task.input.is_empty() {
        return;
    }
    for name in parameters.required().filter(|name| !task.input.contains_key(*name)) {
        let message = || format!("the action `{action_ref}` needs the parameter `{}`", shown(name));
        told.tell(Code::ParameterMissing, action.at, message, format!("add `{}:` to `input`", shown(name)));
    }
}

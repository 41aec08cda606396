//! Conditions of transitions, as servers of today take them.
//!
//! A condition that is one of the outcomes alone is compared by its text. Any other is evaluated, and where that fails,
//! for a result without the field or a function that is not there, a server goes on as if it were `succeeded()`. A
//! text beside the braces makes a condition a text, and one that is not empty holds.

use super::Checked;
use crate::diagnostics::Code;
use crate::workflow::expression::{Expression, FunctionKind, function, is_template, only_expression};
use crate::workflow::model::TemplatePlace;
use crate::workflow::told::{Told, shown};

pub(super) fn check(checked: &Checked<'_, '_>, told: &mut Told<'_>) {
    for node in checked.graph.nodes() {
        let conditions =
            node.task.templates.iter().filter(|template| template.place == TemplatePlace::TransitionWhen);
        for template in conditions {
            if only_expression(&template.text).is_none() && is_template(&template.text) {
                let message = || {
                    format!(
                        "the condition `{}` has text beside its braces, so that it always holds",
                        shown(&template.text)
                    )
                };
                let advice =
                    "put all of it between one pair of braces: `{{ succeeded() and ... }}`".to_owned();
                told.tell(Code::TextInCondition, template.at, message, advice);
            }
        }
        // Those of the form of today: older ones are joined with the outcome.
        for condition in node.task.next.iter().filter_map(|transition| transition.when.as_ref()) {
            let Some(expression) = only_expression(&condition.value) else { continue };
            if is_mixed(expression) {
                let message = || {
                    let shown = shown(expression);
                    format!(
                        "`{shown}` asks for more than the outcome: where the rest cannot be evaluated, servers of today take it as `succeeded()`"
                    )
                };
                let advice = "write `{{ succeeded() }}` alone, and let the action fail where the task must not go on so";
                told.tell(Code::MixedCondition, condition.at, message, advice.to_owned());
            }
        }
    }
}

/// Whether an expression joins an outcome and something that may be absent.
fn is_mixed(expression: &str) -> bool {
    let Ok(expression) = Expression::parse(expression) else { return false };
    let is_outcome = |name: &str| {
        name != "result" && function(name).is_some_and(|function| function.kind == FunctionKind::Outcome)
    };
    let mut outcomes = 0;
    let mut others = expression.uses().len();
    for call in expression.calls() {
        if is_outcome(call.name) { outcomes += 1 } else { others += 1 }
    }
    outcomes > 0 && others > 0 && expression.is_compound()
}

//! The names in an expression, and whether what they refer to can be there.

use super::{MAX_COMPARED, Scope, Where};
use crate::diagnostics::{Code, Position, closest};
use crate::workflow::expression::{Member, Use, function};
use crate::workflow::told::{Told, shown};

impl<'w> Scope<'_, 'w> {
    pub(super) fn name(
        &mut self,
        name: Use<'w>,
        (text, at, start): (&'w str, Position, usize),
        place: Where,
        told: &mut Told<'_>,
    ) {
        let named = (text, at, start + name.offset);
        let member = |offset: usize| (text, at, start + offset);
        match (name.name, name.member) {
            ("workflow" | "vars" | "variables", Member::Named(variable, offset)) => {
                self.used.names.insert(variable);
                if !self.variables.contains(variable) {
                    self.unknown_variable(variable, member(offset), place, told);
                }
            }
            ("workflow" | "vars" | "variables", _) => self.used.all = true,
            ("parameters", Member::Named(parameter, offset)) => {
                self.parameter(parameter, member(offset), place, told);
            }
            ("task" | "tasks", Member::Named(task, offset)) => self.task(task, member(offset), place, told),
            ("item" | "index", _) => self.item(name.name, named, place, told),
            ("parameters" | "task" | "tasks" | "config" | "keystore" | "system", _) => {}
            (variable, _) if self.variables.contains(variable) => drop(self.used.names.insert(variable)),
            // Older templates have all variables and parameters below this name.
            ("_", Member::Named(variable, _)) => {
                self.used.names.insert(variable);
                self.unknown_name(name, named, place, told);
            }
            _ => self.unknown_name(name, named, place, told),
        }
    }

    /// In the output, all names that are not there are one kind of fault.
    const fn code(place: Where, code: Code) -> Code {
        if place.is_output { Code::OutputOfNothing } else { code }
    }

    fn unknown_variable(
        &self,
        variable: &str,
        at: (&str, Position, usize),
        place: Where,
        told: &mut Told<'_>,
    ) {
        let message = || {
            format!(
                "there is no variable `{}`: it is not in `vars`, and nothing publishes it",
                shown(variable)
            )
        };
        let known: Vec<&str> = self.variables.iter().copied().take(MAX_COMPARED).collect();
        let advice = match closest(variable, &known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "add it to `vars`, or publish it".to_owned(),
        };
        Self::tell(told, Self::code(place, Code::VariableUnknown), at, message, advice);
    }

    fn parameter(
        &mut self,
        parameter: &'w str,
        at: (&str, Position, usize),
        place: Where,
        told: &mut Told<'_>,
    ) {
        let Some(parameters) = &self.checked.parameters else { return };
        match parameters.get(parameter) {
            Some(known) => {
                let is_missing = !known.is_required && !known.has_default();
                if is_missing && self.told_optional.insert(parameter) {
                    let message = || {
                        format!(
                            "the parameter `{}` may be absent and has no default: the expression fails then",
                            shown(parameter)
                        )
                    };
                    let advice =
                        "give it a `default` (`default: null` will do), or make it required".to_owned();
                    Self::tell(told, Code::OptionalParameter, at, message, advice);
                }
            }
            None if parameters.is_open() => {}
            None => {
                let message = || format!("the workflow has no parameter `{}`", shown(parameter));
                let known: Vec<&str> = parameters.names().take(MAX_COMPARED).collect();
                let advice = match closest(parameter, &known) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "add it to `parameters`, or correct the name".to_owned(),
                };
                Self::tell(told, Self::code(place, Code::WorkflowParameterUnknown), at, message, advice);
            }
        }
    }

    fn task(&mut self, task: &str, at: (&str, Position, usize), place: Where, told: &mut Told<'_>) {
        let Some(earlier) = self.tasks.get(task).copied() else {
            let message = || format!("there is no task `{}`", shown(task));
            let known: Vec<&str> = self.tasks.keys().copied().take(MAX_COMPARED).collect();
            let advice = match closest(task, &known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "correct the name".to_owned(),
            };
            return Self::tell(told, Self::code(place, Code::ResultOfNoTask), at, message, advice);
        };
        let Some(node) = place.node else { return };
        let nodes = self.checked.graph.nodes();
        // Tasks inside of others run at times that only a server knows.
        if nodes[node].parent.is_some() || nodes[earlier].parent.is_some() {
            return;
        }
        let can_be_there = (earlier == node && !place.is_before()) || self.ancestors.leads(earlier, node);
        if !can_be_there {
            let message = || format!("the task `{}` has not run here, so that it has no result", shown(task));
            let advice = "let it lead here, or read its result later".to_owned();
            Self::tell(told, Code::ResultTooEarly, at, message, advice);
        }
    }

    fn item(&self, name: &str, at: (&str, Position, usize), place: Where, told: &mut Told<'_>) {
        let has_items = |mut node: usize| loop {
            let Some(known) = self.checked.graph.nodes().get(node) else { return false };
            match (known.task.with_items.is_some(), known.parent) {
                (true, _) => return true,
                (false, Some(parent)) => node = parent,
                (false, None) => return false,
            }
        };
        if !place.node.is_some_and(has_items) && !self.variables.contains(name) {
            let message = || format!("`{name}` has a value in a task with `with_items` alone");
            let advice = "add `with_items`, or name a variable".to_owned();
            Self::tell(told, Self::code(place, Code::ItemOutsideLoop), at, message, advice);
        }
    }

    fn unknown_name(&self, name: Use<'_>, at: (&str, Position, usize), place: Where, told: &mut Told<'_>) {
        let shown_name = shown(name.name);
        let message = || format!("nothing is called `{shown_name}` in an expression");
        let is_parameter =
            |name: &str| self.checked.parameters.as_ref().is_some_and(|known| known.get(name).is_some());
        let advice = match (name.name, name.member) {
            ("_", Member::Named(member, _)) => {
                let member = shown(member);
                if is_parameter(&member) {
                    format!("write `parameters.{member}`")
                } else {
                    format!("write `workflow.{member}`")
                }
            }
            (name, _) if is_parameter(name) => format!("write `parameters.{shown_name}`"),
            (name, _) if self.tasks.contains_key(name) => format!("write `task.{shown_name}`"),
            (name, _) if function(name).is_some() => format!("call it: `{shown_name}(...)`"),
            (name, _) => {
                let spaces = [
                    "parameters",
                    "workflow",
                    "task",
                    "config",
                    "keystore",
                    "item",
                    "index",
                    "system",
                    "true",
                    "false",
                    "null",
                ];
                let variables = self.variables.iter().copied().take(MAX_COMPARED);
                let known: Vec<&str> = variables.chain(spaces).collect();
                match closest(name, &known) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "write `parameters.NAME` for a parameter, or add a variable to `vars`".to_owned(),
                }
            }
        };
        Self::tell(told, Self::code(place, Code::NameUnknown), at, message, advice);
    }
}

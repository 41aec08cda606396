//! The expressions of a workflow: their form, and whether what they refer to can be there.

use std::collections::{BTreeMap, BTreeSet};

use super::Checked;
use crate::diagnostics::{Code, Position, closest};
use crate::workflow::expression::{
    Call, Expression, FunctionKind, Member, Piece, SyntaxFault, Use, function, function_names, templates,
};
use crate::workflow::graph::Ancestors;
use crate::workflow::model::{Template, TemplatePlace};
use crate::workflow::told::{Told, shown};

/// The most names that one is compared with.
const MAX_COMPARED: usize = 200;

/// The variables that expressions read.
#[derive(Default)]
pub(super) struct UsedVariables<'w> {
    pub(super) names: BTreeSet<&'w str>,
    /// Whether some expression reads all of them, or one that only an execution knows.
    pub(super) all: bool,
}

/// Checks every expression; gives the variables that they read.
pub(super) fn check<'w>(checked: &Checked<'_, 'w>, told: &mut Told<'_>) -> UsedVariables<'w> {
    let mut scope = Scope::of(checked);
    for (index, node) in checked.graph.nodes().iter().enumerate() {
        for template in &node.task.templates {
            let Template { text, at, place } = template;
            scope.text(text, *at, Where { node: Some(index), place: *place, is_output: false }, told);
        }
    }
    for (_, value) in checked.workflow.output_map.iter().flatten() {
        let place = TemplatePlace::Publish;
        scope.text(&value.value, value.at, Where { node: None, place, is_output: true }, told);
    }
    scope.used
}

/// The place of an expression.
#[derive(Clone, Copy)]
struct Where {
    /// The task; `None` in the output.
    node: Option<usize>,
    place: TemplatePlace,
    is_output: bool,
}

impl Where {
    /// Whether it is evaluated before the task has run.
    const fn is_before(self) -> bool {
        matches!(self.place, TemplatePlace::TaskWhen | TemplatePlace::WithItems | TemplatePlace::Input)
    }
}

/// All names that an expression can refer to.
struct Scope<'c, 'w> {
    checked: &'c Checked<'c, 'w>,
    /// Declared and published ones.
    variables: BTreeSet<&'w str>,
    /// Every task by its name, those inside others too.
    tasks: BTreeMap<&'w str, usize>,
    ancestors: Ancestors<'c, 'w>,
    used: UsedVariables<'w>,
    told_optional: BTreeSet<&'w str>,
}

impl<'c, 'w> Scope<'c, 'w> {
    fn of(checked: &'c Checked<'c, 'w>) -> Self {
        let declared = checked.workflow.vars.iter().map(|(name, _)| name.value.as_str());
        let mut variables: BTreeSet<&str> = declared.collect();
        let mut tasks = BTreeMap::new();
        for (index, node) in checked.graph.nodes().iter().enumerate() {
            tasks.entry(node.task.name.value.as_str()).or_insert(index);
            let published = node.task.next.iter().flat_map(|transition| &transition.publish);
            variables.extend(published.map(|publish| publish.name.value.as_str()));
        }
        let ancestors = Ancestors::of(checked.graph);
        Self {
            checked,
            variables,
            tasks,
            ancestors,
            used: UsedVariables::default(),
            told_optional: BTreeSet::new(),
        }
    }

    fn text(&mut self, text: &'w str, at: Position, place: Where, told: &mut Told<'_>) {
        for piece in templates(text) {
            match piece {
                Piece::Unclosed { offset } => {
                    let message = || "`{{` has no `}}`, so that it stays as it is".to_owned();
                    Self::tell(
                        told,
                        Code::TemplateUnclosed,
                        (text, at, offset),
                        message,
                        "close it with `}}`".to_owned(),
                    );
                }
                Piece::Expression { text: "", .. } => {}
                Piece::Expression { text: expression, offset } => {
                    self.expression(expression, (text, at, offset), place, told);
                }
            }
        }
    }

    fn tell(
        told: &mut Told<'_>,
        code: Code,
        (text, at, offset): (&str, Position, usize),
        message: impl FnOnce() -> String,
        advice: impl Into<Option<String>>,
    ) {
        // Looking for the place takes a while, and more of one code are not told.
        let at = if told.has_room(code) { told.source.place_in(at, text, offset) } else { at };
        told.tell(code, at, message, advice);
    }

    fn expression(
        &mut self,
        expression: &'w str,
        (text, at, start): (&'w str, Position, usize),
        place: Where,
        told: &mut Told<'_>,
    ) {
        let parsed = match Expression::parse(expression) {
            Ok(parsed) => parsed,
            Err(error) => {
                let code = match error.fault {
                    SyntaxFault::TooDeep => Code::ExpressionTooDeep,
                    _ => Code::ExpressionSyntax,
                };
                let message = || format!("`{}` is no expression: {}", shown(expression), error.fault);
                let advice = match error.fault {
                    SyntaxFault::TooDeep => {
                        Some("compute a part of it in an action, or in a variable".to_owned())
                    }
                    _ => error.advice.map(str::to_owned),
                };
                Self::tell(told, code, (text, at, start + error.offset), message, advice);
                // All that it might read counts as read.
                self.used.all = true;
                return;
            }
        };
        for call in parsed.calls() {
            self.call(call, (text, at, start + call.offset), place, told);
        }
        for name in parsed.uses() {
            self.name(name, (text, at, start), place, told);
        }
    }

    fn call(&self, call: Call<'_>, at: (&str, Position, usize), place: Where, told: &mut Told<'_>) {
        let name = shown(call.name);
        let Some(arguments) = call.arguments else {
            let message = || format!("servers of today have no filters, so that `| {name}` fails");
            let advice = match function(call.name) {
                Some(_) => format!("write `{name}(...)`"),
                None => "let an action compute it, and publish its result".to_owned(),
            };
            return Self::tell(told, Code::Filter, at, message, advice);
        };
        let Some(function) = function(call.name) else {
            let message = || format!("there is no function `{name}`");
            let known: Vec<&str> = function_names().collect();
            let advice = match closest(call.name, &known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => {
                    "use one of the functions of `docs/WORKFLOWS.md`, or let an action compute it".to_owned()
                }
            };
            return Self::tell(told, Code::FunctionUnknown, at, message, advice);
        };
        if !function.arity.allows(arguments) {
            let message = || format!("`{name}` takes {}, and gets {arguments}", function.arity);
            Self::tell(told, Code::ArgumentCount, at, message, None);
        }
        let is_first = place.node.is_some_and(|node| self.checked.graph.inbound(node).len() == 0);
        let is_top = place.node.is_some_and(|node| self.checked.graph.nodes()[node].parent.is_none());
        if function.kind == FunctionKind::Outcome && place.is_before() && is_first && is_top {
            let message =
                || format!("`{name}()` tells of the task before this one, and none comes before it");
            Self::tell(told, Code::ResultTooEarly, at, message, "use it in `next`".to_owned());
        }
    }

    fn name(
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
                self.parameter(parameter, member(offset), place, told)
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
                let is_missing = !known.is_required && !known.has_default;
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

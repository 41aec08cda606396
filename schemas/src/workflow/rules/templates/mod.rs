//! The expressions of a workflow: their form, and whether what they refer to can be there.

mod references;

use std::collections::{BTreeMap, BTreeSet};

use super::Checked;
use crate::diagnostics::{Code, Position, closest};
use crate::workflow::expression::{
    Call, Expression, FunctionKind, Piece, SyntaxFault, function, function_names, templates,
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
}

//! Where transitions lead: nowhere, twice to one task, never to some, round and round.

use std::collections::BTreeSet;

use super::Checked;
use crate::diagnostics::{Code, closest};
use crate::workflow::expression::{Expression, only_expression};
use crate::workflow::graph::{Cycle, Edge, Graph};
use crate::workflow::told::{Told, shown};

/// The most names that one is compared with.
const MAX_COMPARED: usize = 200;
/// The most tasks of a circle that are named.
const MAX_NAMED: usize = 5;

pub(super) fn check(checked: &Checked<'_, '_>, told: &mut Told<'_>) {
    let graph = checked.graph;
    check_targets(graph, told);
    check_joins(graph, told);
    check_reached(graph, told);
    for cycle in graph.cycles().iter().filter(|cycle| !has_exit(graph, cycle)) {
        let names: Vec<_> = cycle.nodes.iter().take(MAX_NAMED).map(|node| name(graph, *node)).collect();
        let more = if cycle.nodes.len() > MAX_NAMED { ", ..." } else { "" };
        let at = graph.nodes()[cycle.nodes[0]].task.name.at;
        let message = || format!("these tasks lead to each other without an end: {}{more}", names.join(", "));
        let advice = "let one of them go elsewhere, or on a condition: `when: \"{{ workflow.tries < 5 }}\"`"
            .to_owned();
        told.tell(Code::EndlessCycle, at, message, advice);
    }
}

fn name(graph: &Graph<'_>, node: usize) -> String {
    format!("`{}`", shown(&graph.nodes()[node].task.name.value))
}

fn check_targets(graph: &Graph<'_>, told: &mut Told<'_>) {
    for node in graph.nodes() {
        for transition in &node.task.next {
            let mut seen = BTreeSet::new();
            for target in &transition.targets {
                if !seen.insert(target.value.as_str()) {
                    let message = || format!("`do` names the task `{}` twice", shown(&target.value));
                    told.tell(Code::RepeatedTarget, target.at, message, "name it once".to_owned());
                } else if graph.find(node.parent, &target.value).is_none() {
                    unknown_target(graph, node.parent, node.task, target, told);
                }
            }
        }
    }
}

fn unknown_target(
    graph: &Graph<'_>,
    parent: Option<usize>,
    from: &crate::workflow::model::Task,
    target: &crate::workflow::model::Placed<String>,
    told: &mut Told<'_>,
) {
    let beside = || {
        graph.nodes().iter().filter(|node| node.parent == parent).map(|node| node.task.name.value.as_str())
    };
    let message = || {
        let place = if parent.is_some() { " beside it in the parallel task" } else { "" };
        format!(
            "the task `{}` leads to `{}`, which is no task{place}",
            shown(&from.name.value),
            shown(&target.value)
        )
    };
    let advice = if told.has_room(Code::TaskUnknown) {
        let names: Vec<&str> = beside().take(MAX_COMPARED).collect();
        match closest(&target.value, &names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "add the task, or correct the name".to_owned(),
        }
    } else {
        String::new()
    };
    told.tell(Code::TaskUnknown, target.at, message, advice);
}

fn check_joins(graph: &Graph<'_>, told: &mut Told<'_>) {
    for (index, node) in graph.nodes().iter().enumerate() {
        let Some(join) = &node.task.join else { continue };
        let Some(number) = join.value.number() else { continue };
        let inbound = graph.inbound_tasks(index) as u64;
        if number > inbound {
            let message = || {
                let name = shown(&node.task.name.value);
                format!(
                    "the task `{name}` waits for {number} tasks, and {inbound} lead to it: it never starts"
                )
            };
            told.tell(
                Code::JoinTooLarge,
                join.at,
                message,
                format!("write `join: {inbound}`, or leave it out"),
            );
        }
    }
}

fn check_reached(graph: &Graph<'_>, told: &mut Told<'_>) {
    let tops = || graph.nodes().iter().enumerate().filter(|(_, node)| node.parent.is_none());
    let Some((_, first)) = tops().next() else { return };
    if !graph.entries().any(|entry| graph.nodes()[entry].parent.is_none()) {
        let message = || "no task starts the workflow: another leads to each of them".to_owned();
        let advice = "add a first task that leads to this one".to_owned();
        told.tell(Code::NoFirstTask, first.task.name.at, message, advice);
        return;
    }
    let reached = graph.reachable();
    for (index, node) in tops() {
        if !reached[index] {
            let message = || format!("the task `{}` is never reached", shown(&node.task.name.value));
            let advice = "let a task lead to it, or remove it".to_owned();
            told.tell(Code::TaskUnreached, node.task.name.at, message, advice);
        }
    }
}

/// Whether a circle can be left: by a way out, or by a task all of whose ways in the circle have a condition on more
/// than the outcome.
fn has_exit(graph: &Graph<'_>, cycle: &Cycle) -> bool {
    let is_inside = |node: usize| cycle.nodes.binary_search(&node).is_ok();
    cycle.nodes.iter().any(|node| {
        let edges = graph.outbound(*node);
        edges.iter().any(|edge| !is_inside(edge.to)) || edges.iter().all(is_conditional)
    })
}

/// Whether the way is taken on a condition on more than the outcome of the task.
fn is_conditional(edge: &Edge<'_>) -> bool {
    edge.when.is_some_and(|when| {
        let expression = Expression::parse(only_expression(when).unwrap_or(when));
        expression.is_ok_and(|expression| expression.only_call().is_none())
    })
}

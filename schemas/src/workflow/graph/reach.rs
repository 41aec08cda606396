//! Which tasks can run before which.

use super::super::expression::only_expression;
use super::{Edge, Graph};

/// The most steps that are taken to answer all questions on one graph.
const MAX_STEPS: usize = 1_000_000;

impl Graph<'_> {
    /// Whether each node is reached from one that a workflow starts with, on its own level.
    pub fn reachable(&self) -> Vec<bool> {
        let mut is_reached = vec![false; self.nodes.len()];
        let mut open: Vec<usize> = self.entries().collect();
        for entry in &open {
            is_reached[*entry] = true;
        }
        while let Some(node) = open.pop() {
            for edge in self.outbound(node) {
                if !std::mem::replace(&mut is_reached[edge.to], true) {
                    open.push(edge.to);
                }
            }
        }
        is_reached
    }
}

impl Graph<'_> {
    /// Whether each task runs in any case where those before it succeed.
    pub fn certain(&self) -> Vec<bool> {
        let is_free = |node: usize| {
            let task = self.nodes[node].task;
            let is_inside = self.nodes[node].parent.is_some();
            task.when.is_none() && task.with_items.is_none() && !is_inside
        };
        let is_taken = |edge: &Edge<'_>| match edge.when.map(|when| only_expression(when).unwrap_or(when)) {
            None => true,
            Some(when) => when.split_whitespace().collect::<String>() == "succeeded()",
        };
        let mut is_certain = vec![false; self.nodes.len()];
        let mut open: Vec<usize> = self.entries().filter(|entry| is_free(*entry)).collect();
        while let Some(node) = open.pop() {
            if std::mem::replace(&mut is_certain[node], true) {
                continue;
            }
            let taken = self.outbound(node).iter().filter(|edge| is_taken(edge) && is_free(edge.to));
            open.extend(taken.map(|edge| edge.to));
        }
        is_certain
    }
}

/// Answers whether a task can run before another, with a bound on the work.
pub(in crate::workflow) struct Ancestors<'g, 'w> {
    graph: &'g Graph<'w>,
    /// The number of the question at which each node was last visited.
    visited: Vec<usize>,
    question: usize,
    steps: usize,
}

impl<'g, 'w> Ancestors<'g, 'w> {
    pub(in crate::workflow) fn of(graph: &'g Graph<'w>) -> Self {
        Self { graph, visited: vec![0; graph.nodes.len()], question: 0, steps: 0 }
    }

    /// Whether a way leads from `earlier` to `later`; taken for granted once too many steps were taken.
    pub(in crate::workflow) fn leads(&mut self, earlier: usize, later: usize) -> bool {
        self.question += 1;
        let mut open = vec![later];
        while let Some(node) = open.pop() {
            for edge in self.graph.inbound(node) {
                self.steps += 1;
                if edge.from == earlier || self.steps > MAX_STEPS {
                    return true;
                }
                if std::mem::replace(&mut self.visited[edge.from], self.question) != self.question {
                    open.push(edge.from);
                }
            }
        }
        false
    }
}

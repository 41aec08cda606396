//! The tasks of a workflow as a graph: what leads where, on which condition; circles.
//!
//! Everything here takes time linear in the number of tasks and transitions. The tasks inside a parallel task are nodes
//! of their own, below it.

mod cycles;
mod reach;

use std::collections::BTreeMap;

pub use cycles::Cycle;
pub(in crate::workflow) use reach::Ancestors;

use super::model::{Placed, Task, Workflow};

/// A task.
#[derive(Debug, Clone)]
pub struct Node<'w> {
    /// The task.
    pub task: &'w Task,
    /// The parallel task that it is inside of.
    pub parent: Option<usize>,
}

/// A way from a task to another.
#[derive(Debug, Clone)]
pub struct Edge<'w> {
    /// The task that ends.
    pub from: usize,
    /// The task that starts.
    pub to: usize,
    /// The condition as written; `None` if it always holds.
    pub when: Option<&'w str>,
    /// The name in the file.
    pub target: &'w Placed<String>,
}

/// The tasks of a workflow and the ways between them.
///
/// A name that two tasks have means the first; a name that none has leads nowhere and is no edge.
#[derive(Debug, Clone)]
pub struct Graph<'w> {
    nodes: Vec<Node<'w>>,
    /// In the order of the tasks that they leave.
    edges: Vec<Edge<'w>>,
    /// The edges that leave each node.
    outbound: Vec<std::ops::Range<usize>>,
    /// The edges that lead to each node.
    inbound: Vec<Vec<usize>>,
    names: BTreeMap<(Option<usize>, &'w str), usize>,
}

impl<'w> Graph<'w> {
    /// The graph of `workflow`.
    pub fn of(workflow: &'w Workflow) -> Self {
        let mut nodes: Vec<Node<'w>> = Vec::new();
        let mut names = BTreeMap::new();
        let mut open: Vec<(Option<usize>, std::slice::Iter<'w, Task>)> = vec![(None, workflow.tasks.iter())];
        while let Some((parent, tasks)) = open.last_mut() {
            let parent = *parent;
            let Some(task) = tasks.next() else {
                open.pop();
                continue;
            };
            names.entry((parent, task.name.value.as_str())).or_insert(nodes.len());
            open.push((Some(nodes.len()), task.tasks.iter()));
            nodes.push(Node { task, parent });
        }
        let mut graph = Self {
            edges: Vec::new(),
            outbound: Vec::new(),
            inbound: vec![Vec::new(); nodes.len()],
            nodes,
            names,
        };
        graph.connect();
        graph
    }

    fn connect(&mut self) {
        for (from, node) in self.nodes.iter().enumerate() {
            let start = self.edges.len();
            for transition in &node.task.next {
                let when = transition.when.as_ref().map(|when| when.value.as_str());
                for target in &transition.targets {
                    if let Some(to) = self.names.get(&(node.parent, target.value.as_str())).copied() {
                        self.inbound[to].push(self.edges.len());
                        self.edges.push(Edge { from, to, when, target });
                    }
                }
            }
            self.outbound.push(start..self.edges.len());
        }
    }

    /// The tasks, each before those inside of it, else in the order of the file.
    pub fn nodes(&self) -> &[Node<'w>] {
        &self.nodes
    }

    /// The ways between them, in the order of the tasks that they leave.
    pub fn edges(&self) -> &[Edge<'w>] {
        &self.edges
    }

    /// The task called `name` beside the tasks inside of `parent`, or at the top.
    pub fn find(&self, parent: Option<usize>, name: &str) -> Option<usize> {
        self.names.get(&(parent, name)).copied()
    }

    /// The ways that leave `node`.
    pub fn outbound(&self, node: usize) -> &[Edge<'w>] {
        &self.edges[self.outbound[node].clone()]
    }

    /// The ways that lead to `node`.
    pub fn inbound(&self, node: usize) -> impl ExactSizeIterator<Item = &Edge<'w>> {
        self.inbound[node].iter().map(|edge| &self.edges[*edge])
    }

    /// From how many different tasks `node` is reached.
    pub fn inbound_tasks(&self, node: usize) -> usize {
        // They come in the order of the tasks that they leave.
        let mut from: Vec<usize> = self.inbound(node).map(|edge| edge.from).collect();
        from.dedup();
        from.len()
    }

    /// The tasks that a workflow starts with, those inside a parallel task included: no way leads to them.
    pub fn entries(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.nodes.len()).filter(|node| self.inbound[*node].is_empty())
    }
}

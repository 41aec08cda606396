//! Circles of tasks, found in one pass and without recursion (Tarjan's strongly connected components).

use super::Graph;

/// Tasks each of which leads to all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// The tasks, in the order of the file.
    pub nodes: Vec<usize>,
}

#[derive(Clone, Copy, Default)]
struct Mark {
    /// From 1 on, once it is visited.
    number: usize,
    lowest: usize,
    is_open: bool,
}

impl Graph<'_> {
    /// The circles, in the order of their first tasks.
    pub fn cycles(&self) -> Vec<Cycle> {
        let mut marks = vec![Mark::default(); self.nodes.len()];
        let mut component: Vec<usize> = Vec::new();
        let mut cycles = Vec::new();
        let mut visited = 0;
        for root in 0..self.nodes.len() {
            if marks[root].number > 0 {
                continue;
            }
            // Nodes, each with how many of its edges have been followed.
            let mut path = vec![(root, 0)];
            while let Some((node, followed)) = path.last_mut() {
                let node = *node;
                if *followed == 0 && marks[node].number == 0 {
                    visited += 1;
                    marks[node] = Mark { number: visited, lowest: visited, is_open: true };
                    component.push(node);
                }
                if let Some(edge) = self.outbound(node).get(*followed) {
                    *followed += 1;
                    let to = marks[edge.to];
                    if to.number == 0 {
                        path.push((edge.to, 0));
                    } else if to.is_open {
                        marks[node].lowest = marks[node].lowest.min(to.number);
                    }
                    continue;
                }
                path.pop();
                let mark = marks[node];
                if let Some((parent, _)) = path.last() {
                    marks[*parent].lowest = marks[*parent].lowest.min(mark.lowest);
                }
                if mark.lowest == mark.number {
                    let start = component.iter().rposition(|open| *open == node).unwrap_or_default();
                    let mut nodes = component.split_off(start);
                    for node in &nodes {
                        marks[*node].is_open = false;
                    }
                    if nodes.len() > 1 || self.outbound(node).iter().any(|edge| edge.to == node) {
                        nodes.sort_unstable();
                        cycles.push(Cycle { nodes });
                    }
                }
            }
        }
        cycles.sort_by_key(|cycle| cycle.nodes.first().copied());
        cycles
    }
}

//! A drawing in the language of Graphviz.

use std::fmt::Write as _;

use super::labels::{condition, task_lines};
use super::{Edge, Graph};

impl Graph<'_> {
    /// The graph in Graphviz's language, called `name`.
    pub fn to_dot(&self, name: &str) -> String {
        let mut text = format!("digraph {} {{\n", quoted(&[name.to_owned()]));
        text.push_str(
            "  rankdir=TB;\n  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n",
        );
        text.push_str("  edge [fontname=\"sans-serif\", fontsize=9];\n");
        self.dot_nodes(&mut text);
        for edge in self.edges() {
            let _ = writeln!(text, "  n{} -> n{}{};", edge.from, edge.to, attributes(edge));
        }
        text.push_str("}\n");
        text
    }

    /// Each task, those of a parallel task inside a box.
    fn dot_nodes(&self, text: &mut String) {
        let mut open: Vec<usize> = Vec::new();
        for (index, node) in self.nodes().iter().enumerate() {
            while open.last().copied() != node.parent && open.pop().is_some() {
                let _ = writeln!(text, "{}}}", "  ".repeat(open.len() + 1));
            }
            let indent = "  ".repeat(open.len() + 1);
            let label = quoted(&task_lines(node.task));
            if self.is_cluster(index) {
                let _ = writeln!(
                    text,
                    "{indent}subgraph cluster_{index} {{\n{indent}  style=dashed; color=gray;"
                );
                open.push(index);
            }
            let indent = "  ".repeat(open.len() + 1);
            let _ = writeln!(text, "{indent}n{index} [label={label}];");
        }
        while open.pop().is_some() {
            let _ = writeln!(text, "{}}}", "  ".repeat(open.len() + 1));
        }
    }
}

fn attributes(edge: &Edge<'_>) -> String {
    let Some(when) = edge.when.map(condition) else { return String::new() };
    let color = match when.as_str() {
        "failed()" | "timed_out()" => ", color=firebrick",
        _ => "",
    };
    format!(" [label={}{color}]", quoted(&[when]))
}

/// Lines as one quoted label.
fn quoted(lines: &[String]) -> String {
    let escaped = lines.iter().map(|line| {
        let visible = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        visible.replace('\\', "\\\\").replace('"', "\\\"")
    });
    format!("\"{}\"", escaped.collect::<Vec<_>>().join("\\n"))
}

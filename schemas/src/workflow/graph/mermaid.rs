//! A drawing in the language of Mermaid, which forges and wikis show.

use std::fmt::Write as _;

use super::Graph;
use super::labels::{condition, task_lines};

impl Graph<'_> {
    /// The graph in Mermaid's language.
    pub fn to_mermaid(&self) -> String {
        let mut text = "flowchart TD\n".to_owned();
        let mut open: Vec<usize> = Vec::new();
        for (index, node) in self.nodes().iter().enumerate() {
            while open.last().copied() != node.parent && open.pop().is_some() {
                let _ = writeln!(text, "{}end", "  ".repeat(open.len() + 1));
            }
            let indent = "  ".repeat(open.len() + 1);
            let label = quoted(&task_lines(node.task));
            if self.is_cluster(index) {
                let _ = writeln!(text, "{indent}subgraph n{index}[{label}]");
                open.push(index);
            } else {
                let _ = writeln!(text, "{indent}n{index}[{label}]");
            }
        }
        while open.pop().is_some() {
            let _ = writeln!(text, "{}end", "  ".repeat(open.len() + 1));
        }
        for edge in self.edges() {
            let label = edge.when.map(|when| format!("|{}|", quoted(&[condition(when)]))).unwrap_or_default();
            let _ = writeln!(text, "  n{} -->{label} n{}", edge.from, edge.to);
        }
        text
    }
}

/// Lines as one quoted label; everything that Mermaid or HTML would read is spelled as an entity.
fn quoted(lines: &[String]) -> String {
    let escaped = lines.iter().map(|line| {
        let mut escaped = String::with_capacity(line.len());
        for character in line.chars() {
            match character {
                '"' | '#' | '&' | '<' | '>' | '`' | '|' | '[' | ']' | '{' | '}' => {
                    let _ = write!(escaped, "#{};", u32::from(character));
                }
                character if character.is_control() => escaped.push(' '),
                character => escaped.push(character),
            }
        }
        escaped
    });
    format!("\"{}\"", escaped.collect::<Vec<_>>().join("<br/>"))
}

//! A drawing in the language of Graphviz.

use std::fmt::Write as _;

use super::Drawing;
use super::outcome::Outcome;
use super::picture::{Figure, Line, Nested};
use super::words::cut;

/// The most characters of a line of text.
const MAX_CHARACTERS: usize = 48;

impl Drawing<'_> {
    /// The drawing in Graphviz's language.
    pub fn to_dot(&self) -> String {
        let mut text = format!("digraph {} {{\n", quoted(&self.title));
        text.push_str("  rankdir=TB;\n  tooltip=\" \";\n");
        text.push_str(
            "  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=\"sans-serif\", fontsize=11];\n",
        );
        text.push_str("  edge [fontname=\"sans-serif\", fontsize=9];\n");
        for step in self.picture.nested() {
            match step {
                Nested::Box { index, depth } => {
                    let figure = &self.picture.figures[index];
                    let mut indent = "  ".repeat(depth);
                    if !figure.inside.is_empty() {
                        let _ = writeln!(text, "{indent}subgraph cluster_{index} {{");
                        indent.push_str("  ");
                        let _ = writeln!(text, "{indent}style=dashed; color=gray;");
                    }
                    let _ = writeln!(text, "{indent}n{index} [{}];", node(figure));
                }
                Nested::End { depth } => {
                    let _ = writeln!(text, "{}}}", "  ".repeat(depth));
                }
            }
        }
        for line in &self.picture.lines {
            let title = self.picture.line_title(line);
            let _ = writeln!(text, "  n{} -> n{} [{}];", line.from, line.to, edge(line, &title));
        }
        text.push_str("}\n");
        text
    }
}

fn node(figure: &Figure<'_>) -> String {
    let mut lines = vec![cut(&figure.name, MAX_CHARACTERS)];
    lines.extend(figure.details().iter().map(|line| cut(line, MAX_CHARACTERS)));
    let more = match figure.class() {
        "missing" => ", style=\"rounded,dashed\", color=\"#a8201a\", fontcolor=\"#a8201a\"",
        "sub-workflow" => ", peripheries=2",
        _ => "",
    };
    format!("label={}, tooltip={}{more}", quoted(&lines.join("\n")), quoted(&figure.title()))
}

fn edge(line: &Line, title: &str) -> String {
    let style = match line.outcome {
        Outcome::Completed | Outcome::Succeeded => "solid",
        Outcome::Failed | Outcome::Condition => "dashed",
        Outcome::TimedOut | Outcome::Cancelled => "dotted",
    };
    let color = line.outcome.color();
    let label = match &line.label {
        Some(label) => format!(", label={}", quoted(&cut(label, MAX_CHARACTERS))),
        None => String::new(),
    };
    format!("color=\"{color}\", fontcolor=\"{color}\", style={style}, tooltip={}{label}", quoted(title))
}

/// A text as a quoted string, in which Graphviz reads escapes and, outside of attributes that are labels, entities.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for character in text.chars() {
        match character {
            '\n' => quoted.push_str("\\n"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            '&' => quoted.push_str("&amp;"),
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

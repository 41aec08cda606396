//! A drawing in the language of Mermaid, which forges and wikis show.

use std::fmt::Write as _;

use super::Drawing;
use super::outcome::Outcome;
use super::picture::{Figure, Nested};
use super::words::cut;

/// The most characters of a line of text.
const MAX_CHARACTERS: usize = 48;

impl Drawing<'_> {
    /// The drawing in Mermaid's language.
    pub fn to_mermaid(&self) -> String {
        let mut text = format!("---\ntitle: {}\n---\nflowchart TD\n", front_matter(&self.title));
        for step in self.picture.nested() {
            match step {
                Nested::Box { index, depth } => {
                    let figure = &self.picture.figures[index];
                    let indent = "  ".repeat(depth);
                    let label = label(figure);
                    let _ = match figure.class() {
                        "parallel" => writeln!(text, "{indent}subgraph n{index}[{label}]"),
                        "sub-workflow" => writeln!(text, "{indent}n{index}[[{label}]]"),
                        "missing" => writeln!(text, "{indent}n{index}[{label}]:::missing"),
                        _ => writeln!(text, "{indent}n{index}[{label}]"),
                    };
                }
                Nested::End { depth } => {
                    let _ = writeln!(text, "{}end", "  ".repeat(depth));
                }
            }
        }
        for line in &self.picture.lines {
            let arrow = match line.outcome {
                Outcome::Completed | Outcome::Succeeded => "-->",
                _ => "-.->",
            };
            let words = line.label.as_ref().map(|label| format!("|{}|", quoted(&cut(label, MAX_CHARACTERS))));
            let words = words.unwrap_or_default();
            let _ = writeln!(text, "  n{} {arrow}{words} n{}", line.from, line.to);
        }
        self.mermaid_colors(&mut text);
        text
    }

    fn mermaid_colors(&self, text: &mut String) {
        for outcome in Outcome::ALL {
            let lines = self.picture.lines.iter().enumerate().filter(|(_, line)| line.outcome == outcome);
            let lines: Vec<String> = lines.map(|(index, _)| index.to_string()).collect();
            if !lines.is_empty() {
                let _ = writeln!(text, "  linkStyle {} stroke:{}", lines.join(","), outcome.color());
            }
        }
        if self.picture.figures.iter().any(Figure::is_missing) {
            text.push_str("  classDef missing stroke:#a8201a,stroke-dasharray:4 3\n");
        }
    }
}

fn label(figure: &Figure<'_>) -> String {
    let mut lines = vec![cut(&figure.name, MAX_CHARACTERS)];
    lines.extend(figure.details().iter().map(|line| cut(line, MAX_CHARACTERS)));
    quoted(&lines.join("\n"))
}

/// Lines as one quoted label; everything that Mermaid, Markdown or HTML would read is spelled as an entity.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for character in text.chars() {
        match character {
            '\n' => quoted.push_str("<br/>"),
            ' ' | '_' | '.' | ',' | '…' => quoted.push(character),
            character if character.is_ascii_punctuation() => {
                let _ = write!(quoted, "#{};", u32::from(character));
            }
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// A title as YAML reads it.
fn front_matter(title: &str) -> String {
    let kept = title.chars().map(|character| match character {
        '"' | '\\' => '\'',
        '<' | '>' | '&' => '\u{fffd}',
        character => character,
    });
    format!("\"{}\"", kept.collect::<String>())
}

//! The words of a drawing.

use super::super::expression::only_expression;
use super::super::model::{Task, TaskKind};

/// The most characters of a name or condition.
const MAX_CHARACTERS: usize = 48;

/// The lines of a task: its name, its action, and what it waits for.
pub(super) fn task_lines(task: &Task) -> Vec<String> {
    let mut lines = vec![short(&task.name.value)];
    match (&task.action, task.kind.value) {
        (Some(action), _) => lines.push(short(&action.value)),
        (None, TaskKind::Parallel) => lines.push("parallel".to_owned()),
        (None, _) => {}
    }
    if let Some(with_items) = &task.with_items {
        lines.push(format!("for each of {}", condition(&with_items.value)));
    }
    if let Some(join) = task.join.as_ref().and_then(|join| join.value.number()) {
        lines.push(format!("waits for {join}"));
    }
    lines
}

/// A condition without its braces, cut where it gets long.
pub(super) fn condition(when: &str) -> String {
    short(only_expression(when).unwrap_or(when))
}

fn short(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = words.char_indices().nth(MAX_CHARACTERS) {
        words.truncate(cut);
        words.push_str("...");
    }
    words
}

//! Lists in `on_success` and its like, as `next` has them.

use super::edit::{Edit, Fix, Source};
use crate::diagnostics::Code;
use crate::workflow::{Outcome, all_of};
use crate::yaml::{SyntaxEntry, SyntaxNode};

/// The fields that say what else follows a task, which no other form can stand beside.
const OTHERS: [&str; 3] = ["next", "decision", "publish"];

/// An older field with its outcome.
type Older<'n> = (Outcome, &'n SyntaxEntry);

/// The fix that brings the older transitions of `task` to `next`, if one of them is a list.
pub(super) fn transition_fixes(source: Source<'_>, task: &SyntaxNode, fixes: &mut Vec<Fix>) {
    if OTHERS.iter().any(|other| task.entry(other).is_some()) {
        return;
    }
    let entries = task.entries();
    let outcome = |entry: &SyntaxEntry| {
        let modern = entry.name().replace('-', "_");
        Outcome::FIELDS.iter().find(|(field, _)| *field == modern).map(|(_, outcome)| *outcome)
    };
    let Some(first) = entries.iter().position(|entry| outcome(entry).is_some()) else { return };
    // `next` is one list, so they must stand together.
    let run: Vec<Older<'_>> =
        entries[first..].iter().map_while(|entry| Some((outcome(entry)?, entry))).collect();
    let count = entries.iter().filter(|entry| outcome(entry).is_some()).count();
    let has_list = run.iter().any(|(_, entry)| entry.value.items().is_some());
    if run.len() != count || !has_list {
        return;
    }
    let holds_mappings = |(_, entry): &Older<'_>| {
        entry.value.items().is_some_and(|items| items.iter().any(SyntaxNode::is_mapping))
    };
    let edits = match run.as_slice() {
        [(outcome, entry)] if holds_mappings(&run[0]) => conditions(source, *outcome, entry),
        run if run.iter().any(holds_mappings) => None,
        run if task.is_flow() => names_in_brackets(source, run),
        run => names(source, run),
    };
    fixes.extend(edits.map(|edits| Fix::new(Code::LegacyWorkflow, edits)));
}

/// The condition of an outcome, in quotes.
fn when(outcome: Outcome) -> Option<String> {
    outcome.when().map(|when| format!("when: \"{when}\""))
}

/// Names of tasks, in a block.
fn names(source: Source<'_>, run: &[Older<'_>]) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    for (index, (outcome, entry)) in run.iter().enumerate() {
        let line = source.line_at(entry.key.start);
        let mut text = if index == 0 { format!("next:{line}  - ") } else { "  - ".to_owned() };
        if let Some(when) = when(*outcome) {
            text = format!("{text}{when}{line}    ");
        }
        edits.push(Edit::replace(entry.key.start..entry.key.end, format!("{text}do")));
        match entry.value.text() {
            Some(_) => edits.push(source.wrapped(&entry.value)?),
            None => edits.extend(source.indent(entry.key.end, entry.value.end, 4)),
        }
    }
    Some(edits)
}

/// Names of tasks, in brackets.
fn names_in_brackets(source: Source<'_>, run: &[Older<'_>]) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    for (index, (outcome, entry)) in run.iter().enumerate() {
        let condition = when(*outcome).map(|when| format!("{when}, ")).unwrap_or_default();
        let open = if index == 0 { "next: [" } else { "" };
        edits.push(Edit::replace(entry.key.start..entry.key.end, format!("{open}{{{condition}do")));
        if entry.value.text().is_some() {
            edits.push(source.wrapped(&entry.value)?);
        }
        let close = if index + 1 == run.len() { "}]" } else { "}" };
        edits.push(Edit::insert(entry.value.end, close));
    }
    Some(edits)
}

/// A list of `{when, do}`, each of which becomes a transition on the outcome and its own condition.
fn conditions(source: Source<'_>, outcome: Outcome, entry: &SyntaxEntry) -> Option<Vec<Edit>> {
    let mut edits = vec![Edit::replace(entry.key.start..entry.key.end, "next")];
    for item in entry.value.items()? {
        let first = item.entries().first()?;
        match item.entry("when") {
            Some(own) => {
                let condition = all_of(outcome, &[own.value.text()?])?;
                if !source.is_on_one_line(&own.value) {
                    return None;
                }
                let quoted = serde_json::to_string(&condition).ok()?;
                edits.push(Edit::replace(own.value.start..own.value.end, quoted));
            }
            None => {
                if let Some(when) = when(outcome) {
                    let between =
                        if item.is_flow() { ", ".to_owned() } else { source.line_at(first.key.start) };
                    edits.push(Edit::insert(first.key.start, format!("{when}{between}")));
                }
            }
        }
        let targets = item.entry("do").or_else(|| item.entry("next"));
        let Some(targets) = targets else { continue };
        if targets.name() != "do" {
            edits.push(Edit::replace(targets.key.start..targets.key.end, "do"));
        }
        match targets.value.items() {
            // Conditions inside of conditions are joined by hand.
            Some(items) if items.iter().any(SyntaxNode::is_mapping) => return None,
            Some(_) => {}
            None => edits.push(source.wrapped(&targets.value)?),
        }
    }
    Some(edits)
}

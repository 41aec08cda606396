//! Tasks: keys with hyphens, single names in the place of lists, branches that name their task in `default`.

use super::edit::{Edit, Fix, Source};
use super::transitions::transition_fixes;
use crate::diagnostics::Code;
use crate::yaml::{SyntaxEntry, SyntaxNode};

/// The keys of a task that older files write with hyphens.
const OF_TASKS: [&str; 11] = [
    "batch_size",
    "on_complete",
    "on_failure",
    "on_success",
    "on_timeout",
    "permission_set_ref",
    "permission_set_refs",
    "with_items",
    "worker_affinity",
    "worker_selector",
    "worker_tolerations",
];
/// Those of a retry.
const OF_RETRIES: [&str; 2] = ["max_delay", "on_error"];

/// The fixes of one task, but for those of tasks inside of it.
pub(super) fn task_fixes(source: Source<'_>, task: &SyntaxNode, fixes: &mut Vec<Fix>) {
    let start = fixes.len();
    transition_fixes(source, task, fixes);
    let has_transitions = fixes.len() > start;
    let mut legacy = |edits: Vec<Edit>| fixes.push(Fix::new(Code::LegacyWorkflow, edits));
    let retry = task.entry("retry").map(|retry| &retry.value);
    for (node, known) in [(Some(task), &OF_TASKS[..]), (retry, &OF_RETRIES[..])] {
        for entry in node.into_iter().flat_map(SyntaxNode::entries) {
            let modern = entry.name().replace('-', "_");
            let is_transition =
                modern.starts_with("on_") && node.is_some_and(|node| std::ptr::eq(node, task));
            let is_rewritten = has_transitions && is_transition;
            let is_older = entry.name().contains('-') && known.contains(&modern.as_str());
            if is_older && !is_rewritten && node.is_some_and(|node| node.entry(&modern).is_none()) {
                legacy(vec![Edit::replace(entry.key.start..entry.key.end, modern)]);
            }
        }
    }
    let next = task.entry("next").and_then(|next| next.value.items()).unwrap_or_default();
    for targets in next.iter().filter_map(|transition| transition.entry("do")) {
        if let Some(edit) = source.wrapped(&targets.value) {
            legacy(vec![edit]);
        }
    }
    let decision = task.entry("decision").and_then(|decision| decision.value.items()).unwrap_or_default();
    for branch in decision.iter().filter(|branch| branch.entry("next").is_none()) {
        let names_task = |entry: &&SyntaxEntry| !matches!(entry.value.text(), None | Some("true" | "false"));
        if let Some(default) = branch.entry("default").filter(names_task) {
            let between = if branch.is_flow() { ", ".to_owned() } else { source.line_at(default.key.start) };
            let text = format!("default: true{between}next");
            legacy(vec![Edit::replace(default.key.start..default.key.end, text)]);
        }
    }
}

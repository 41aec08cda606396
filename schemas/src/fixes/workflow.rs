//! Workflows: their ref, and the forms of whole files that are older than today's.

use super::FixableFile;
use super::component::first_entry;
use super::edit::{Edit, Fix, Source};
use super::task::task_fixes;
use crate::component::{ComponentKind, read_component};
use crate::diagnostics::{Code, Findings};
use crate::workflow::{Quantity, Workflow};
use crate::yaml::{SyntaxContent, SyntaxEntry, SyntaxNode};

pub(super) fn workflow_fixes(file: FixableFile<'_>, source: Source<'_>, root: &SyntaxNode) -> Vec<Fix> {
    let read =
        read_component(ComponentKind::Workflow, file.pack, file.file, source.text, &mut Findings::new());
    let Some(component) = read else { return Vec::new() };
    let Some(workflow) = component.workflow() else { return Vec::new() };
    let mut fixes = Vec::new();
    if root.entry("ref").is_none() {
        let reference = &component.summary().component_ref;
        fixes.push(Fix::new(Code::WorkflowRefMissing, vec![first_entry(source, root, "ref", reference)]));
    }
    let mut older =
        |edits: Option<Vec<Edit>>| fixes.extend(edits.map(|edits| Fix::new(Code::LegacyWorkflow, edits)));
    older(root.entry("vars").and_then(|vars| list_as_mapping(source, &vars.value, &bare_variable)));
    older(
        root.entry("input")
            .filter(|_| root.entry("parameters").is_none())
            .and_then(|input| parameters(source, input)),
    );
    older(root.entry("output").and_then(|output| output_map(root, output, workflow)));
    if let Some(tasks) = root.entry("tasks") {
        older(tasks_as_list(source, &tasks.value));
        tasks_fixes(source, &tasks.value, &mut fixes);
        joins(&tasks.value, workflow, &mut fixes);
    }
    fixes
}

/// The fixes inside each task of `tasks`, and of those inside of them.
fn tasks_fixes(source: Source<'_>, tasks: &SyntaxNode, fixes: &mut Vec<Fix>) {
    let items = tasks.items().unwrap_or_default().iter();
    for task in items.chain(tasks.entries().iter().map(|entry| &entry.value)) {
        task_fixes(source, task, fixes);
        if let Some(inside) = task.entry("tasks") {
            tasks_fixes(source, &inside.value, fixes);
        }
    }
}

/// `join: all` as the number that it stands for, of the tasks at the top.
fn joins(tasks: &SyntaxNode, workflow: &Workflow, fixes: &mut Vec<Fix>) {
    let nodes: Vec<&SyntaxNode> = match &tasks.content {
        SyntaxContent::List { items, .. } => items.iter().collect(),
        SyntaxContent::Mapping { entries, .. } => entries.iter().map(|entry| &entry.value).collect(),
        SyntaxContent::Scalar(_) => return,
    };
    if nodes.len() != workflow.tasks.len() {
        return;
    }
    for (node, task) in nodes.into_iter().zip(&workflow.tasks) {
        let join = node.entry("join").filter(|join| join.value.text() == Some("all"));
        let count = task.join.as_ref().and_then(|join| match join.value {
            Quantity::Number(count) => Some(count),
            Quantity::Template(_) => None,
        });
        if let (Some(join), Some(count)) = (join, count) {
            let edit = Edit::replace(join.value.start..join.value.end, count.to_string());
            fixes.push(Fix::new(Code::LegacyWorkflow, vec![edit]));
        }
    }
}

/// The values of the output, where `output` has them.
fn output_map(root: &SyntaxNode, output: &SyntaxEntry, workflow: &Workflow) -> Option<Vec<Edit>> {
    let holds_values = root.entry("output_map").is_none()
        && workflow.output.is_none()
        && workflow.output_map.is_some()
        && output.value.is_mapping();
    holds_values.then(|| vec![Edit::replace(output.key.start..output.key.end, "output_map")])
}

/// The parameters, where `input` lists or describes them.
fn parameters(source: Source<'_>, input: &SyntaxEntry) -> Option<Vec<Edit>> {
    let mut edits = vec![Edit::replace(input.key.start..input.key.end, "parameters")];
    if !input.value.is_mapping() {
        edits.extend(list_as_mapping(source, &input.value, &|node| vec![Edit::insert(node.end, ": {}")])?);
        for entry in input.value.items()?.iter().flat_map(SyntaxNode::entries) {
            if !source.is_on_one_line(&entry.value) || entry.value.text().is_none() && !entry.value.is_flow()
            {
                return None;
            }
            edits.push(Edit::insert(entry.value.start, "{default: "));
            edits.push(Edit::insert(entry.value.end, "}"));
        }
    }
    Some(edits)
}

fn bare_variable(node: &SyntaxNode) -> Vec<Edit> {
    vec![Edit::insert(node.end, ": null")]
}

/// A list of mappings and names as one mapping; `bare` makes an entry of a name.
fn list_as_mapping(
    source: Source<'_>,
    list: &SyntaxNode,
    bare: &dyn Fn(&SyntaxNode) -> Vec<Edit>,
) -> Option<Vec<Edit>> {
    let items = list.items()?;
    let mut edits = Vec::new();
    if list.is_flow() {
        edits.push(Edit::replace(list.start..list.start + 1, "{"));
        edits.push(Edit::replace(list.end - 1..list.end, "}"));
    }
    for item in items {
        if !list.is_flow() {
            let dash = source.dash(item)?;
            edits.push(Edit::replace(dash..dash + 1, " "));
        }
        match &item.content {
            SyntaxContent::Scalar(_) => edits.extend(bare(item)),
            SyntaxContent::Mapping { is_flow: false, .. } => {}
            SyntaxContent::Mapping { is_flow: true, .. } => {
                edits.push(Edit::replace(item.start..item.start + 1, ""));
                edits.push(Edit::replace(item.end - 1..item.end, ""));
            }
            SyntaxContent::List { .. } => return None,
        }
    }
    Some(edits)
}

/// Tasks by name as a list.
fn tasks_as_list(source: Source<'_>, tasks: &SyntaxNode) -> Option<Vec<Edit>> {
    let entries = tasks.entries();
    let is_plain = |entry: &SyntaxEntry| entry.value.is_mapping() && entry.value.entry("name").is_none();
    if entries.is_empty() || !entries.iter().all(is_plain) {
        return None;
    }
    let mut edits = Vec::new();
    if tasks.is_flow() {
        edits.push(Edit::replace(tasks.start..tasks.start + 1, "["));
        edits.push(Edit::replace(tasks.end - 1..tasks.end, "]"));
    }
    for SyntaxEntry { key, value } in entries {
        let name = source.raw(key);
        if value.is_flow() {
            // Nothing but the colon stands between them.
            if source.between(key.end, value.start).trim() != ":" {
                return None;
            }
            let dash = if tasks.is_flow() { "" } else { "- " };
            let comma = if value.entries().is_empty() { "" } else { ", " };
            edits.push(Edit::replace(key.start..value.start + 1, format!("{dash}{{name: {name}{comma}")));
        } else {
            let (outer, inner) = (source.column(key.start), source.column(value.start));
            let pad = inner.checked_sub(outer + 1).filter(|pad| *pad > 0)?;
            let colon = source.between(key.end, value.start).find(':')? + key.end;
            edits.push(Edit::replace(key.start..colon + 1, format!("-{}name: {name}", " ".repeat(pad))));
        }
    }
    Some(edits)
}

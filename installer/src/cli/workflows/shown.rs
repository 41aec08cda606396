//! Workflows for people: the list, and one with its tasks.

use attune_host::inventory::{ListedWorkflows, ShownWorkflow, WorkflowHome};
use attune_terminal::Table;
use serde_json::{Map, Value};

use crate::cli::shown::show::Lines;

pub(super) fn render_list(listed: &ListedWorkflows) -> String {
    if listed.workflows.is_empty() {
        return "no pack has a workflow\n".to_owned();
    }
    let mut table = Table::new(&["WORKFLOW", "VERSION", "TASKS", "ACTION", "REGISTERED", "FILE", "LABEL"]);
    for workflow in &listed.workflows {
        table.push(vec![
            workflow.reference.clone(),
            or_dash(&workflow.version),
            workflow.tasks.to_string(),
            home_text(workflow.home).to_owned(),
            workflow.workflow_def_id.map_or("no", |_| "yes").to_owned(),
            workflow.file.to_string(),
            workflow.label.clone(),
        ]);
    }
    format!("{table}\n{} (generation {})\n", listed.root.display(), listed.generation)
}

const fn home_text(home: WorkflowHome) -> &'static str {
    match home {
        WorkflowHome::Linked => "linked",
        WorkflowHome::Standalone => "standalone",
    }
}

fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

pub(super) fn render(shown: &ShownWorkflow) -> String {
    let listed = &shown.listed;
    let mut lines = Lines::default();
    lines.add("workflow", &listed.reference);
    lines.add("label", &listed.label);
    lines.add("description", shown.description.as_deref().unwrap_or_default());
    lines.add("version", &listed.version);
    lines.add("pack", listed.pack.as_str());
    lines.add("file", listed.file.as_str());
    lines.add("action", home_text(listed.home));
    lines.add(
        "registered",
        listed.workflow_def_id.map_or("no".to_owned(), |id| format!("as workflow definition {id}")),
    );
    lines.add("parameters", names(shown.definition.get("parameters")));
    lines.add("variables", keys(shown.definition.get("vars")));
    lines.add("output", keys(shown.definition.get("output_map")));
    let mut table = Table::new(&["TASK", "RUNS", "WHEN", "LEADS TO"]);
    add_tasks(&mut table, shown.definition.get("tasks"), "");
    format!("{}\n{table}", lines.into_text())
}

/// The tasks of a list, and below each those inside of it.
fn add_tasks(table: &mut Table, tasks: Option<&Value>, indent: &str) {
    // The nesting is that of the YAML, which is bounded.
    for task in tasks.and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| task.get(key).and_then(Value::as_str).unwrap_or_default();
        let runs = if text("action").is_empty() { text("type") } else { text("action") };
        let steps = task.get("next").and_then(Value::as_array).into_iter().flatten().filter_map(step_text);
        let steps: Vec<String> = steps.collect();
        table.push(vec![
            format!("{indent}{}", text("name")),
            runs.to_owned(),
            or_dash(text("when")),
            or_dash(&steps.join("; ")),
        ]);
        add_tasks(table, task.get("tasks"), &format!("{indent}  "));
    }
}

/// `a, b if {{ succeeded() }}`; `None` where a transition leads nowhere.
fn step_text(transition: &Value) -> Option<String> {
    let targets: Vec<&str> = transition.get("do")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let when = transition.get("when").and_then(Value::as_str);
    let when = when.map(|when| format!(" if {when}")).unwrap_or_default();
    Some(format!("{}{when}", targets.join(", ")))
}

/// The names of parameters, whichever form their schema has.
fn names(schema: Option<&Value>) -> String {
    let properties = schema.and_then(|schema| schema.get("properties")).filter(|found| found.is_object());
    keys(properties.or(schema))
}

fn keys(map: Option<&Value>) -> String {
    let keys = map.and_then(Value::as_object).into_iter().flat_map(Map::keys);
    keys.map(String::as_str).collect::<Vec<_>>().join(", ")
}

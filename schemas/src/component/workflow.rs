//! Workflows: their version and tasks, enough to list them and to warn of forms that no longer load.
//!
//! The graph (transitions, conditions, templates) is not looked at here.

use serde_json::Value;

use crate::diagnostics::{Code, Findings};
use crate::yaml::{FieldPath, Fields};

pub(super) fn check_workflow(fields: &Fields<'_>, findings: &mut Findings) {
    match fields.get("vars") {
        None | Some(Value::Object(_)) => {}
        Some(Value::Array(_)) => {
            let message = "`vars` is a list, which current Attune cannot load";
            findings.push(
                fields
                    .finding(Code::LegacyWorkflow, "vars", message)
                    .advise("write a mapping: `vars: {name: value}`"),
            );
        }
        Some(other) => findings.push(fields.wrong_type(&fields.path("vars"), other, "a mapping")),
    }
    check_tasks(fields, findings);
}

fn check_tasks(fields: &Fields<'_>, findings: &mut Findings) {
    let path = fields.path("tasks");
    match fields.get("tasks") {
        None => findings.push(fields.missing("tasks")),
        Some(Value::Array(tasks)) if tasks.is_empty() => findings.push(no_tasks(fields)),
        Some(Value::Object(tasks)) if tasks.is_empty() => findings.push(no_tasks(fields)),
        Some(Value::Array(tasks)) => {
            for (index, task) in tasks.iter().enumerate() {
                check_task(fields, task, path.index(index), true, findings);
            }
        }
        Some(Value::Object(tasks)) => {
            let message = "`tasks` is a mapping by name, which current Attune cannot load";
            findings.push(
                fields
                    .finding(Code::LegacyWorkflow, "tasks", message)
                    .advise("write a list, with the name of each task in its `name`"),
            );
            for (name, task) in tasks {
                check_task(fields, task, path.key(name), false, findings);
            }
        }
        Some(other) => findings.push(fields.wrong_type(&path, other, "a list")),
    }
}

fn no_tasks(fields: &Fields<'_>) -> crate::diagnostics::Finding {
    fields.finding(Code::Missing, "tasks", "`tasks` is empty").advise("a workflow needs at least one task")
}

fn check_task(fields: &Fields<'_>, task: &Value, path: FieldPath, named: bool, findings: &mut Findings) {
    let Value::Object(map) = task else {
        findings.push(fields.wrong_type(&path, task, "a mapping"));
        return;
    };
    let task = fields.at(map, path);
    if named {
        task.required_text("name", findings);
    }
    task.text("action", findings);
}

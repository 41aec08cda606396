//! A workflow as Attune's servers keep it in the column `definition`.
//!
//! The keys are those of the server's own types: those of its first versions are always there, null where a task
//! lacks them, and later ones only where they are set.

use serde_json::{Map, Value, json};

use super::{
    Backoff, CancellationPolicy, Placed, Publish, Quantity, Retry, Task, TaskKind, Transition, Workflow,
};

pub(super) fn of(workflow: &Workflow) -> Map<String, Value> {
    let mut form = Map::new();
    let mut set = |key: &str, value: Value| form.insert(key.to_owned(), value);
    let reference = workflow.reference.as_ref().map_or("", |reference| reference.value.as_str());
    set("ref", reference.into());
    set("label", workflow.label.as_deref().unwrap_or_default().into());
    set("description", workflow.description.as_deref().into());
    set("version", workflow.version.as_str().into());
    set("parameters", placed(workflow.parameters.as_ref()));
    set("output", placed(workflow.output.as_ref()));
    let vars = workflow.vars.iter().map(|(name, value)| (name.value.clone(), value.clone()));
    set("vars", Value::Object(vars.collect()));
    set("tasks", workflow.tasks.iter().map(task).collect());
    let output_map = workflow.output_map.as_ref().map(|outputs| {
        let outputs = outputs.iter().map(|(name, value)| (name.clone(), Value::from(value.value.as_str())));
        Value::Object(outputs.collect())
    });
    set("output_map", output_map.unwrap_or_default());
    set("tags", workflow.tags.as_slice().into());
    if workflow.cancellation_policy == CancellationPolicy::CancelRunning {
        set("cancellation_policy", "cancel_running".into());
    }
    form
}

fn task(task: &Task) -> Value {
    let kind = match task.kind.value {
        TaskKind::Action => "action",
        TaskKind::Parallel => "parallel",
        TaskKind::Workflow => "workflow",
    };
    let tasks: Option<Vec<Value>> = (task.kind.value == TaskKind::Parallel || !task.tasks.is_empty())
        .then(|| task.tasks.iter().map(self::task).collect());
    let mut form = json!({
        "name": task.name.value,
        "type": kind,
        "action": task.action.as_ref().map(|action| &action.value),
        "input": task.input,
        "worker_selector": task.worker.selector,
        "worker_tolerations": task.worker.tolerations,
        "worker_affinity": task.worker.affinity,
        "when": text(task.when.as_ref()),
        "with_items": text(task.with_items.as_ref()),
        "batch_size": quantity(task.batch_size.as_ref()),
        "concurrency": quantity(task.concurrency.as_ref()),
        "retry": task.retry.as_ref().map(retry),
        "timeout": quantity(task.timeout.as_ref()),
        "next": task.next.iter().map(transition).collect::<Vec<_>>(),
        "join": quantity(task.join.as_ref()),
        "tasks": tasks,
    });
    if let Value::Object(form) = &mut form {
        let later =
            [("permission_set_refs", &task.permission_set_refs), ("__chart_meta__", &task.chart_meta)];
        for (key, value) in later {
            if let Some(value) = value {
                form.insert(key.to_owned(), value.clone());
            }
        }
    }
    form
}

fn transition(transition: &Transition) -> Value {
    let mut form = Map::new();
    if let Some(when) = &transition.when {
        form.insert("when".to_owned(), when.value.as_str().into());
    }
    if !transition.publish.is_empty() {
        form.insert("publish".to_owned(), publish(&transition.publish));
    }
    if !transition.targets.is_empty() {
        let targets = transition.targets.iter().map(|target| target.value.as_str());
        form.insert("do".to_owned(), targets.collect());
    }
    if let Some(meta) = &transition.chart_meta {
        form.insert("__chart_meta__".to_owned(), meta.clone());
    }
    Value::Object(form)
}

/// A list of mappings, as they stand in the file, and of the names that stand for a whole result.
fn publish(published: &[Publish]) -> Value {
    let mut items: Vec<Value> = Vec::new();
    for Publish { name, value, is_joined } in published {
        let name = name.value.clone();
        match (value, items.last_mut()) {
            (Some(value), Some(Value::Object(beside))) if *is_joined => {
                beside.insert(name, value.clone());
            }
            (Some(value), _) => items.push(Value::Object(Map::from_iter([(name, value.clone())]))),
            (None, _) => items.push(Value::String(name)),
        }
    }
    Value::Array(items)
}

fn retry(retry: &Retry) -> Value {
    let backoff = match retry.backoff {
        Backoff::Constant => "constant",
        Backoff::Linear => "linear",
        Backoff::Exponential => "exponential",
    };
    json!({
        "count": quantity(retry.count.as_ref()),
        "delay": quantity(retry.delay.as_ref()),
        "backoff": backoff,
        "max_delay": quantity(retry.max_delay.as_ref()),
        "on_error": retry.on_error,
    })
}

fn text(text: Option<&Placed<String>>) -> Option<&str> {
    text.map(|text| text.value.as_str())
}

fn placed(value: Option<&Placed<Value>>) -> Value {
    value.map_or(Value::Null, |value| value.value.clone())
}

fn quantity(quantity: Option<&Placed<Quantity>>) -> Value {
    match quantity.map(|quantity| &quantity.value) {
        Some(Quantity::Number(number)) => Value::from(*number),
        Some(Quantity::Template(template)) => Value::from(template.as_str()),
        None => Value::Null,
    }
}

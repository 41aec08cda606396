//! The forms of whole files: variables as a list, tasks as a mapping, parameters as names.

use serde_json::{Map, Value};

use crate::diagnostics::Code;
use crate::workflow::expression::is_template;
use crate::workflow::graph::Graph;
use crate::workflow::model::{Placed, Quantity, Task, Workflow};
use crate::workflow::parameters::{SchemaFault, is_json_schema, schema_faults};
use crate::workflow::parse::Reader;
use crate::workflow::told::shown;
use crate::yaml::Located;

/// The word for all tasks that lead to one.
const ALL: &str = "all";

/// The variables: a mapping, or a list of mappings and names, of which the later wins.
pub(in crate::workflow) fn vars(reader: &mut Reader<'_>, root: Located<'_>) -> Vec<(Placed<String>, Value)> {
    let Some(vars) = root.get("vars") else { return Vec::new() };
    let pair = |(name, value): (&str, Located<'_>)| {
        (Placed::new(name.to_owned(), value.key_at()), value.value().clone())
    };
    match vars.value() {
        Value::Object(_) => vars.entries_in_order().into_iter().map(pair).collect(),
        Value::Array(_) => {
            let message = || "`vars` is a list, which current Attune cannot load".to_owned();
            let advice = "write a mapping: `vars: {name: value}`".to_owned();
            reader.told.tell(Code::LegacyWorkflow, vars.key_at(), message, advice);
            let mut read: Vec<(Placed<String>, Value)> = Vec::new();
            let mut places = std::collections::BTreeMap::new();
            for item in vars.items() {
                let pairs = match item.value() {
                    Value::Object(_) => item.entries_in_order().into_iter().map(pair).collect(),
                    Value::Array(_) => {
                        reader.wrong_type(item, "an item of `vars`", "a mapping", None);
                        Vec::new()
                    }
                    _ => reader.text(item, "vars").map(|name| (name, Value::Null)).into_iter().collect(),
                };
                for (name, value) in pairs {
                    if let Some(place) = places.get(&name.value) {
                        read[*place] = (name, value);
                    } else {
                        places.insert(name.value.clone(), read.len());
                        read.push((name, value));
                    }
                }
            }
            read
        }
        _ => {
            reader.wrong_type(vars, "vars", "a mapping", Some("write `vars: {name: value}`"));
            Vec::new()
        }
    }
}

/// Tasks: a list, or a mapping by name.
pub(in crate::workflow) fn tasks(reader: &mut Reader<'_>, parent: Located<'_>, field: &str) -> Vec<Task> {
    let Some(tasks) = parent.get(field) else { return Vec::new() };
    match tasks.value() {
        Value::Array(_) => reader.task_list(tasks),
        Value::Object(map) => {
            if !map.is_empty() {
                let message = || "`tasks` is a mapping by name, which current Attune cannot load".to_owned();
                let advice = "write a list, with the name of each task in its `name`".to_owned();
                reader.told.tell(Code::LegacyWorkflow, tasks.key_at(), message, advice);
            }
            let mut read = Vec::new();
            for (name, task) in tasks.entries_in_order() {
                read.extend(reader.task(task, Some(Placed::new(name.to_owned(), task.key_at()))));
            }
            read
        }
        _ => {
            reader.wrong_type(tasks, field, "a list", Some("write `- name: NAME` for each task"));
            Vec::new()
        }
    }
}

/// For how many tasks a task waits: a number, or `all` as documents have it.
pub(in crate::workflow) fn join(reader: &mut Reader<'_>, task: Located<'_>) -> Option<Placed<Quantity>> {
    let join = task.get("join")?;
    if join.value() == ALL {
        let message = || "`join` is `all`, and servers of today read a number alone".to_owned();
        let advice = "write the number of tasks that lead here".to_owned();
        reader.told.tell(Code::LegacyWorkflow, join.at(), message, advice);
        // The number is set once all tasks are known.
        return Some(Placed::new(Quantity::Template(ALL.to_owned()), join.at()));
    }
    reader.quantity(task, "join")
}

/// Sets each `join` that is `all` to the number of tasks that lead to its task.
pub(in crate::workflow) fn count_joins(workflow: &mut Workflow) {
    let graph = Graph::of(workflow);
    let inbound: Vec<u64> = (0..graph.nodes().len()).map(|node| graph.inbound_tasks(node) as u64).collect();
    set_joins(&mut workflow.tasks, &mut inbound.into_iter());
}

/// Goes through tasks in the order of the graph's nodes; their nesting is that of the YAML, which is bounded.
fn set_joins(tasks: &mut [Task], inbound: &mut impl Iterator<Item = u64>) {
    for task in tasks {
        let count = inbound.next().unwrap_or_default();
        if let Some(join) = &mut task.join
            && join.value == Quantity::Template(ALL.to_owned())
        {
            join.value = Quantity::Number(count);
        }
        set_joins(&mut task.tasks, inbound);
    }
}

/// The parameters: `parameters`, or the names in `input`.
pub(in crate::workflow) fn parameters(reader: &mut Reader<'_>, root: Located<'_>) -> Option<Placed<Value>> {
    if let Some(parameters) = root.get("parameters") {
        check_schema(reader, parameters, "parameters");
        return Some(Placed::new(parameters.value().clone(), parameters.key_at()));
    }
    let input = root.get("input").filter(|input| input.value().is_array() || input.value().is_object())?;
    let message =
        || "`input` describes parameters in an older form, which servers of today pass over".to_owned();
    let advice = "write `parameters: {name: {type: string}}`, in the workflow or in its action".to_owned();
    reader.told.tell(Code::LegacyWorkflow, input.key_at(), message, advice);
    if input.value().is_object() {
        return Some(Placed::new(input.value().clone(), input.key_at()));
    }
    let mut parameters = Map::new();
    for item in input.items() {
        if item.value().is_object() {
            // `- name: default`
            for (name, default) in item.entries() {
                let described = Map::from_iter([("default".to_owned(), default.value().clone())]);
                parameters.insert(name.to_owned(), Value::Object(described));
            }
        } else if let Some(name) = reader.text(item, "input") {
            parameters.insert(name.value, Value::Object(Map::new()));
        }
    }
    Some(Placed::new(Value::Object(parameters), input.key_at()))
}

/// Tells of parts of a schema that servers read otherwise than they are written.
fn check_schema(reader: &mut Reader<'_>, schema: Located<'_>, field: &str) {
    for SchemaFault { path, message, advice } in schema_faults(schema.value()) {
        let at = schema.along(&path).key_at();
        reader.told.tell(Code::SchemaUnclear, at, || format!("in `{field}`, {message}"), advice);
    }
}

type Outputs = Option<Vec<(String, Placed<String>)>>;

/// The schema of the output and its values; older files give the values in `output` itself.
pub(in crate::workflow) fn outputs(
    reader: &mut Reader<'_>,
    root: Located<'_>,
) -> (Option<Placed<Value>>, Outputs) {
    let output = root.get("output");
    if let Some(map) = root.get("output_map") {
        let schema = output.map(|output| Placed::new(output.value().clone(), output.key_at()));
        if !map.value().is_object() {
            reader.wrong_type(
                map,
                "output_map",
                "a mapping",
                Some("write `output_map: {name: \"{{ ... }}\"}`"),
            );
            return (schema, None);
        }
        return (schema, Some(output_values(reader, map)));
    }
    let Some(output) = output else { return (None, None) };
    if is_value_map(output.value()) {
        let message = || "`output` holds values, and servers of today read a schema there".to_owned();
        reader.told.tell(Code::LegacyWorkflow, output.key_at(), message, "call it `output_map`".to_owned());
        return (None, Some(output_values(reader, output)));
    }
    check_schema(reader, output, "output");
    (Some(Placed::new(output.value().clone(), output.key_at())), None)
}

fn output_values(reader: &mut Reader<'_>, map: Located<'_>) -> Vec<(String, Placed<String>)> {
    let mut values = Vec::new();
    for (name, value) in map.entries_in_order() {
        let field = format!("output_map.{}", shown(name));
        values.extend(reader.text(value, &field).map(|text| (name.to_owned(), text)));
    }
    values
}

/// Whether a mapping has templates for values, as no schema has.
fn is_value_map(output: &Value) -> bool {
    let Some(map) = output.as_object().filter(|map| !is_json_schema(map)) else { return false };
    map.values().any(|value| value.as_str().is_some_and(is_template))
}

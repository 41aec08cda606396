//! Workflows on a host: shown, checked, registered, and brought in step with their files.

mod drawn;
mod rows;
mod shown;
mod synced;
mod upgraded;
mod validated;

use attune_tests::{PackBuilder, Run, World};
use rusqlite::Connection;
use serde_json::Value;

/// A linked workflow, with its action.
const LINKED: &str = "version: \"1.0.0\"\nvars:\n  last: null\ntasks:\n  - name: ask\n    action: flows.echo\n    \
    next:\n      - when: \"{{ succeeded() }}\"\n        publish:\n          - last: \"{{ result() }}\"\n        \
    do: [tell]\n  - name: tell\n    action: flows.echo\noutput_map:\n  last: \"{{ workflow.last }}\"\n";
const ACTION: &str = "ref: flows.linked\nlabel: Linked\ndescription: Named by its action\nparameters:\n  \
    place: {type: string, default: here}\noutput:\n  last: {type: string}\ntags: [one]\n\
    workflow_file: workflows/linked.workflow.yaml\n";

/// A workflow that no action names.
const ALONE: &str = "ref: flows.alone\nlabel: Alone\ndescription: Runs by itself\nversion: \"2.0.0\"\n\
    parameters:\n  type: object\n  properties:\n    name: {type: string}\ntags: [two]\ntasks:\n  \
    - name: first\n    action: flows.echo\n";

/// A pack with a linked and a standalone workflow.
fn flows() -> PackBuilder {
    PackBuilder::new("flows", "1.0.0")
        .action("echo", "shell", "#!/bin/sh\necho '{}'\n")
        .file("actions/linked.yaml", ACTION)
        .file("actions/workflows/linked.workflow.yaml", LINKED)
        .file("workflows/alone.yaml", ALONE)
}

/// A host with [`flows`].
fn host() -> World {
    let world = World::with_packs(&[&flows()]);
    world.install_packs(&["flows"]).succeeds();
    world
}

fn run(world: &World, arguments: &[&str]) -> Run {
    world.install([&["workflow"], arguments].concat())
}

/// The document of `workflow ARGUMENTS --json`.
fn json(world: &World, arguments: &[&str]) -> Value {
    run(world, &[arguments, &["--json"]].concat()).succeeds().json()
}

fn database(world: &World) -> Connection {
    Connection::open(world.root().join("state/attune.db")).unwrap()
}

fn execute(world: &World, sql: &str) {
    let database = database(world);
    database.pragma_update(None, "foreign_keys", true).unwrap();
    database.execute_batch(sql).unwrap();
}

/// The first column of the rows of `sql`, as text.
fn column(world: &World, sql: &str) -> Vec<String> {
    let database = database(world);
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
    let text = |value| match value {
        rusqlite::types::Value::Text(text) => text,
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Null => "null".to_owned(),
        other => format!("{other:?}"),
    };
    rows.map(|row| text(row.unwrap())).collect()
}

/// Each workflow with what became of its row.
fn changes(report: &Value) -> Vec<String> {
    let packs = report["packs"].as_array().unwrap().iter();
    let workflows = packs.flat_map(|pack| pack["workflows"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    workflows.map(|one| format!("{} {}", text(&one["ref"]), text(&one["change"]))).collect()
}

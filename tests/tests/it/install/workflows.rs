//! Workflows that actions name by `workflow_file`, as rows of the host's database.

use attune_tests::{PackBuilder, World};
use rusqlite::Connection;

const GRAPH: &str = "version: \"1.0\"\ntasks: [{name: a, action: flows.echo}]\n";

fn action(name: &str, file: &str) -> String {
    format!(
        "ref: flows.{name}\nlabel: Flow {name}\nparameters: {{{name}: {{type: string}}}}\nworkflow_file: {file}\n"
    )
}

#[test]
fn every_action_is_linked_to_the_workflow_that_it_names() {
    let pack = PackBuilder::new("flows", "1.0.0")
        .action("echo", "shell", "#!/bin/sh\n")
        .file("actions/nested.yaml", action("nested", "workflows/nested.yaml"))
        .file("actions/workflows/nested.yaml", GRAPH)
        .file("actions/graph.yaml", action("graph", "../graphs/flow.workflow.yaml"))
        .file("graphs/flow.workflow.yaml", GRAPH)
        .file("actions/one.yaml", action("one", "workflows/shared.workflow.yaml"))
        .file("actions/two.yaml", action("two", "./workflows/shared.workflow.yaml"))
        .file("actions/workflows/shared.workflow.yaml", GRAPH);
    let world = World::with_registry();
    let run = world.add(&[&pack]).succeeds();
    assert!(!run.stderr.contains("C018") && !run.stderr.contains("C017"), "{}", run.stderr);
    world.install_packs(&["flows"]).succeeds();
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    let sql = "SELECT action.ref || ' ' || workflow.ref || ' ' || workflow.label || ' ' || workflow.param_schema \
               FROM action JOIN workflow_definition AS workflow ON workflow.id = action.workflow_def \
               ORDER BY action.ref";
    let mut statement = database.prepare(sql).unwrap();
    let rows: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let row =
        |name: &str| format!("flows.{name} flows.{name} Flow {name} {{\"{name}\":{{\"type\":\"string\"}}}}");
    assert_eq!(rows, ["graph", "nested", "one", "two"].map(row));
    let count = "SELECT count(*) FROM workflow_definition";
    let count: i64 = database.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(count, 4);
}

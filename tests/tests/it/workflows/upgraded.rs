//! Rows of workflows over the life of their pack.

use super::{ALONE, column, database, flows, host, json};

#[test]
fn an_upgrade_writes_what_changed_and_removes_what_is_gone() {
    let world = host();
    let ids = || column(&world, "SELECT ref || ' ' || id FROM workflow_definition ORDER BY ref");
    let before = ids();
    let stamp = "UPDATE workflow_definition SET updated = 'long ago'";
    // What the row was made of is forgotten where it changes, and this changes nothing of it.
    let kept =
        "UPDATE workflow_source SET digest = (SELECT d FROM kept WHERE kept.w = workflow_source.workflow)";
    database(&world)
        .execute_batch(&format!(
            "CREATE TEMP TABLE kept AS SELECT workflow AS w, digest AS d FROM workflow_source; {stamp}; {kept}"
        ))
        .unwrap();
    let changed = ALONE.replace("2.0.0", "2.1.0");
    world.add(&[&flows().version("1.1.0").file("workflows/alone.yaml", changed)]).succeeds();
    world.install_packs(&["flows"]).succeeds();
    assert_eq!(ids(), before);
    let rows =
        "SELECT ref || ' ' || version || ' ' || (updated = 'long ago') FROM workflow_definition ORDER BY ref";
    assert_eq!(column(&world, rows), ["flows.alone 2.1.0 0", "flows.linked 1.0.0 1"]);
    world.verify(&[]).succeeds();

    let without = flows().version("1.2.0").without("workflows/alone.yaml");
    world.add(&[&without]).succeeds();
    world.install_packs(&["flows"]).succeeds();
    assert_eq!(column(&world, "SELECT ref FROM workflow_definition"), ["flows.linked"]);
    assert_eq!(column(&world, "SELECT ref FROM action ORDER BY ref"), ["flows.echo", "flows.linked"]);
    world.verify(&[]).succeeds();

    world.install(["rollback"]).succeeds();
    assert_eq!(column(&world, rows), ["flows.alone 2.1.0 0", "flows.linked 1.0.0 1"]);
    world.verify(&[]).succeeds();
    assert_eq!(json(&world, &["sync"])["changed"], false);
}

#[test]
fn a_workflow_that_gets_an_action_keeps_its_row() {
    let world = host();
    let action = "ref: flows.alone\nlabel: Named\nworkflow_file: ../workflows/alone.yaml\n";
    world.add(&[&flows().version("1.1.0").file("actions/alone.yaml", action)]).succeeds();
    world.install_packs(&["flows"]).succeeds();
    let sql = "SELECT a.label || ' ' || a.entrypoint || ' ' || w.label || ' ' || w.description \
        FROM action a JOIN workflow_definition w ON w.id = a.workflow_def WHERE w.ref = 'flows.alone'";
    assert_eq!(column(&world, sql), ["Named ../workflows/alone.yaml Named Runs by itself"]);
    world.verify(&[]).succeeds();
}

#[test]
fn the_rows_go_with_their_pack() {
    let world = host();
    world.install(["uninstall", "flows"]).succeeds();
    for table in ["workflow_definition", "workflow_source", "workflow_pack", "action"] {
        assert_eq!(column(&world, &format!("SELECT count(*) FROM {table}")), ["0"], "{table}");
    }
}

//! `uninstall`: packs go, unless something that stays needs them.

use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{PackBuilder, Run, World};
use rusqlite::Connection;

fn world() -> World {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    world.install_packs(&["reporter", "watcher"]).succeeds();
    world
}

fn uninstall(world: &World, arguments: &[&str]) -> Run {
    world.install([&["uninstall"], arguments].concat())
}

fn count(world: &World, query: &str) -> i64 {
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    database.query_row(query, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_pack_goes_with_its_links_and_rows() {
    let world = world();
    let report = uninstall(&world, &["watcher", "--json"]).succeeds().json();
    assert_eq!(report["packs"][0]["change"], "removed");
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0"]);
    assert!(!world.root().join("packs/watcher").exists());
    for table in
        ["pack", "action", "sensor", "trigger", "rule", "workflow_definition", "policy", "permission_set"]
    {
        let column = if table == "pack" { "ref" } else { "pack_ref" };
        assert_eq!(
            count(&world, &format!("SELECT count(*) FROM {table} WHERE {column} = 'watcher'")),
            0,
            "{table}"
        );
    }
    world.verify(&[]).succeeds();
}

#[test]
fn a_pack_that_another_needs_stays() {
    let world = world();
    let before = world.root_tree().without_touched();
    let run = uninstall(&world, &["greeter"]).fails(4, &["pack `reporter` needs greeter ^1.0"]);
    run.with_hint();
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn whatever_needs_it_goes_as_well_where_that_is_asked_for() {
    let world = world();
    let looked = uninstall(&world, &["greeter", "--cascade", "--dry-run", "--json"]).succeeds().json();
    assert_eq!(looked["packs"].as_array().unwrap().len(), 2);
    assert_eq!(world.installed().len(), 3, "a look changes nothing");
    uninstall(&world, &["greeter", "--cascade"]).succeeds();
    assert_eq!(world.installed(), ["watcher 1.0.0"]);
    world.verify(&[]).succeeds();
}

#[test]
fn dependencies_that_nobody_needs_go_where_that_is_asked_for() {
    let world = world();
    let report = uninstall(&world, &["reporter"]).succeeds();
    assert!(report.stdout.contains("no pack needs greeter any more"), "{}", report.stdout);
    assert_eq!(world.installed(), ["greeter 1.0.0", "watcher 1.0.0"]);
    uninstall(&world, &["--unused"]).succeeds();
    assert_eq!(world.installed(), ["watcher 1.0.0"]);
    uninstall(&world, &["--unused"]).succeeds();
    let generations = fs_err::read_dir(world.root().join("generations")).unwrap().count();
    assert_eq!(generations, 3, "nothing to do makes no generation");
}

#[test]
fn both_at_once() {
    let world = world();
    uninstall(&world, &["reporter", "--unused"]).succeeds();
    assert_eq!(world.installed(), ["watcher 1.0.0"]);
}

/// A pack whose rule, or workflow, uses an action of `greeter` on which it does not depend.
fn user(kind: &str) -> PackBuilder {
    let pack = PackBuilder::new("user", "1.0.0").file(
        "triggers/ping.yaml",
        "ref: user.ping\nlabel: \"Ping\"\ndescription: \"A ping\"\nenabled: true\ntype: custom\n",
    );
    match kind {
        "rule" => pack.file(
            "rules/on_ping.yaml",
            "ref: user.on_ping\nlabel: \"On Ping\"\ndescription: \"Waves\"\ntrigger_ref: user.ping\n\
             action_ref: greeter.wave\nenabled: true\nconditions: {}\naction_params: {}\n",
        ),
        _ => pack
            .file(
                "actions/workflows/go.workflow.yaml",
                "ref: user.go\nlabel: Go\nversion: 1.0.0\ntasks:\n  - name: one\n    action: greeter.wave\n",
            )
            .file(
                "actions/go.yaml",
                "ref: user.go\nlabel: \"Go\"\ndescription: \"Goes\"\nenabled: true\n\
                 workflow_file: workflows/go.workflow.yaml\n",
            ),
    }
}

#[test]
fn a_pack_whose_action_a_rule_or_a_workflow_uses_stays() {
    for kind in ["rule", "workflow"] {
        let world = World::with_packs(&[&greeter(), &user(kind)]);
        world.install_packs(&["greeter", "user"]).succeeds();
        let run = uninstall(&world, &["greeter"]).fails(4, &[kind, "uses `greeter.wave`"]);
        run.with_hint();
        assert_eq!(world.installed().len(), 2);
        uninstall(&world, &["greeter", "--cascade"]).succeeds();
        assert!(world.installed().is_empty(), "{kind}");
    }
}

#[test]
fn what_was_made_on_the_host_is_told_before_it_goes() {
    let world = world();
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    database
        .execute(
            "INSERT INTO rule (ref, pack, pack_ref, label, action_ref, trigger_ref, enabled, is_adhoc, created, updated) \
             SELECT 'watcher.mine', id, ref, 'Mine', 'watcher.note', 'watcher.arrived', 1, 1, '', '' FROM pack \
             WHERE ref = 'watcher'",
            [],
        )
        .unwrap();
    drop(database);
    let run = uninstall(&world, &["watcher", "--dry-run"]).succeeds();
    assert!(run.stderr.contains("rule watcher.mine was made on this host"), "{}", run.stderr);
    uninstall(&world, &["watcher"]).succeeds();
    assert_eq!(count(&world, "SELECT count(*) FROM rule WHERE is_adhoc = 1"), 0);
}

#[test]
fn the_last_pack_goes_and_packs_may_come_again() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    uninstall(&world, &["greeter"]).succeeds();
    assert!(world.installed().is_empty());
    world.verify(&[]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
    world.verify(&[]).succeeds();
}

#[test]
fn bad_input_changes_nothing() {
    let world = world();
    let before = world.root_tree().without_touched();
    uninstall(&world, &["gretter"]).fails(4, &["`gretter` is not installed", "did you mean `greeter`?"]);
    uninstall(&world, &[]).fails(2, &["PACK"]);
    uninstall(&world, &["Not A Pack"]).fails(2, &[]);
    world.root_tree().without_touched().assert_same(&before);
    let nowhere = World::new();
    uninstall(&nowhere, &["greeter"]).fails(1, &["does not exist"]).with_hint();
    assert!(nowhere.root_tree().is_absent());
}

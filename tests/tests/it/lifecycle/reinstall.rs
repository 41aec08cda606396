//! Installing again, upgrading, and what happens to packs that are installed already.

use std::time::Duration;

use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::world::standard;
use attune_tests::{Tree, World};
use rusqlite::Connection;

fn text(world: &World, query: &str) -> Vec<String> {
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    let mut statement = database.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// A registry with `greeter` 1.0.0, installed.
fn with_greeter() -> World {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    world
}

#[test]
fn installing_again_writes_nothing() {
    let world = World::new();
    let bundle = standard().bundle_path();
    world.install_from(&bundle, &standard().trust()).succeeds();
    let before = world.root_tree();
    // Later than the first by more than any clock's step, so that a write would show.
    std::thread::sleep(Duration::from_millis(20));
    let run = world.install([bundle.as_os_str(), "--json".as_ref()]).succeeds();
    assert_eq!(run.json()["outcome"], "unchanged");
    assert_eq!(run.json()["generation"], 1);
    world.root_tree().assert_same(&before);
    let run = world.install([bundle.as_os_str()]).succeeds();
    assert!(run.stdout.contains("nothing to do"), "{}", run.stdout);
    world.root_tree().assert_same(&before);
}

#[test]
fn an_upgrade_makes_a_new_generation_and_keeps_the_old_one() {
    let world = with_greeter();
    let old = Tree::of(&world.root().join("generations/1"));
    let newer = greeter().version("1.1.0").without("actions/wave.yaml").without("actions/wave.sh").action(
        "bow",
        "shell",
        "#!/bin/sh\necho '{}'\n",
    );
    world.add(&[&newer]).succeeds();
    let run = world.install_packs(&["greeter", "--json"]).succeeds().json();
    assert_eq!(run["generation"], 2);
    assert_eq!(run["packs"][0]["replaces"], "1.0.0");
    assert_eq!(world.installed(), ["greeter 1.1.0"]);
    assert_eq!(fs_err::read_link(world.root().join("current")).unwrap().to_str(), Some("generations/2"));
    Tree::of(&world.root().join("generations/1")).assert_same(&old);
    assert!(world.root().join("generations/1/packs/greeter/actions/wave.sh").is_file());
    assert!(!world.root().join("packs/greeter/actions/wave.sh").exists());
    assert_eq!(text(&world, "SELECT version FROM pack"), ["1.1.0"]);
    assert_eq!(text(&world, "SELECT ref FROM action ORDER BY ref"), ["greeter.bow", "greeter.greet"]);
    let reasons = "SELECT trigger_reason FROM pack_test_execution ORDER BY id";
    assert_eq!(text(&world, reasons), ["install", "update"]);
}

#[test]
fn an_upgrade_keeps_the_configuration_of_the_host() {
    let world = with_greeter();
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    database
        .execute("UPDATE pack SET config = '{\"greeting\": \"moin\"}' WHERE ref = 'greeter'", [])
        .unwrap();
    drop(database);
    world.add(&[&greeter().version("1.2.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    assert_eq!(text(&world, "SELECT config FROM pack"), ["{\"greeting\": \"moin\"}"]);
}

#[test]
fn other_packs_stay_and_go_on_working() {
    let world = with_greeter();
    world.add(&[&watcher()]).succeeds();
    world.install_packs(&["watcher"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0", "watcher 1.0.0"]);
    assert!(world.root().join("packs/greeter/actions/greet.sh").is_file());
}

#[test]
fn an_upgrade_that_would_break_an_installed_pack_is_refused() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.install_packs(&["reporter"]).succeeds();
    world.add(&[&greeter().version("2.0.0")]).succeeds();
    let before = world.root_tree().without_touched();
    let run =
        world.install_packs(&["greeter@^2"]).fails(4, &["reporter", "greeter >=1.0.0, <2.0.0"]).with_hint();
    assert!(run.stderr.contains("greeter >=2.0.0"), "{}", run.stderr);
    world.root_tree().without_touched().assert_same(&before);
    // Without a requirement, the newest that fits is taken, and that one is installed.
    world.install_packs(&["greeter"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0"]);
}

#[test]
fn a_downgrade_is_made_when_it_is_asked_for() {
    let world = with_greeter();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    world.install_packs(&["greeter@=1.0.0"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
    assert_eq!(fs_err::read_link(world.root().join("current")).unwrap().to_str(), Some("generations/3"));
}

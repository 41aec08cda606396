//! `rollback`: the packs of an earlier generation are active again, and history only grows.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{Run, World};
use rusqlite::Connection;

/// A host on which `greeter` was upgraded, and then `watcher` removed: three generations.
fn world() -> World {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    world.install_packs(&["reporter", "watcher"]).succeeds();
    world
        .add(&[&greeter().version("1.1.0").without("actions/wave.yaml").without("actions/wave.sh")])
        .succeeds();
    world.install_packs(&["greeter"]).succeeds();
    world.install(["uninstall", "watcher"]).succeeds();
    world
}

/// Puts a file with `text` in the place of the one at `path`, as whoever owns the directory can.
fn rewrite(path: &Path, text: &str) {
    let parent = path.parent().unwrap();
    fs_err::set_permissions(parent, Permissions::from_mode(0o755)).unwrap();
    fs_err::remove_file(path).unwrap();
    fs_err::write(path, text).unwrap();
}

fn rollback(world: &World, arguments: &[&str]) -> Run {
    world.install([&["rollback"], arguments].concat())
}

fn rows(world: &World) -> Vec<String> {
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    let sql = "SELECT ref FROM action UNION ALL SELECT ref || ' -> ' || coalesce(action, 'null') FROM rule ORDER BY 1";
    let mut statement = database.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn step_by_step_everything_is_as_it_was() {
    let world = world();
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0"]);
    let report = rollback(&world, &["--json"]).succeeds().json();
    assert_eq!(
        (&report["generation"], &report["restoredFrom"], &report["previous"]),
        (&4.into(), &2.into(), &3.into())
    );
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0", "watcher 1.0.0"]);
    world.verify(&[]).succeeds();
    assert!(!rows(&world).contains(&"greeter.wave".to_owned()));
    // The second step leads on from the packs that are active, not back to where it came from.
    let report = rollback(&world, &["--json"]).succeeds().json();
    assert_eq!((&report["generation"], &report["restoredFrom"]), (&5.into(), &1.into()));
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0", "watcher 1.0.0"]);
    world.verify(&[]).succeeds();
    assert!(rows(&world).contains(&"greeter.wave".to_owned()));
    let rules: Vec<String> = rows(&world).into_iter().filter(|row| row.contains("->")).collect();
    assert!(rules.iter().all(|rule| !rule.ends_with("null")), "{rules:?}");
    rollback(&world, &[]).fails(1, &["there is no generation before the active one"]).with_hint();
    // And forward again.
    rollback(&world, &["3"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0"]);
    world.verify(&[]).succeeds();
}

#[test]
fn packs_work_and_upgrade_as_before() {
    let world = world();
    rollback(&world, &["1"]).succeeds();
    let action = world.root().join("packs/greeter/actions/greet.sh");
    assert!(Run::of(Command::new(action)).succeeds().stdout.contains("hello"));
    let mut command = world.installer();
    command.args(["upgrade", "--registry"]).arg(world.registry());
    Run::of(command).succeeds();
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0", "watcher 1.0.0"]);
    world.verify(&[]).succeeds();
}

#[test]
fn a_look_changes_nothing() {
    let world = world();
    let before = world.root_tree().without_touched();
    let looked = rollback(&world, &["1", "--dry-run"]).succeeds();
    for words in ["greeter", "downgraded", "watcher", "would go back to generation 1"] {
        assert!(looked.stdout.contains(words), "{}", looked.stdout);
    }
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn the_active_generation_is_no_way_back() {
    let world = world();
    let run = rollback(&world, &["3"]).succeeds();
    assert!(run.stdout.contains("has the packs that are active"), "{}", run.stdout);
    assert_eq!(fs_err::read_dir(world.root().join("generations")).unwrap().count(), 3);
}

#[test]
fn a_generation_that_is_not_there_is_told_with_those_that_are() {
    let world = world();
    rollback(&world, &["9"]).fails(1, &["no generation 9", "there are 1, 2, 3"]).with_hint();
    rollback(&world, &["zero"]).fails(2, &["zero"]);
    world.install(["gc", "--keep", "0"]).succeeds();
    rollback(&world, &["1"]).fails(1, &["no generation 1"]);
    rollback(&world, &[]).fails(1, &["no generation before"]);
}

#[test]
fn a_generation_that_was_changed_is_not_believed() {
    let world = world();
    let lock = world.root().join("generations/1/generation.json");
    let text = fs_err::read_to_string(&lock).unwrap().replace("\"requested\": true", "\"requested\": false");
    rewrite(&lock, &text);
    rollback(&world, &["1"]).fails(3, &["generation 1 is damaged", "not what was registered"]).with_hint();
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0"]);
    world.verify(&[]).succeeds();
}

#[test]
fn a_release_that_was_changed_is_not_believed() {
    let world = world();
    let release = world.root().join("generations/1/releases/watcher.json");
    let text = fs_err::read_to_string(&release).unwrap().replace("watcher.note", "watcher.evil");
    rewrite(&release, &text);
    rollback(&world, &["1"]).fails(3, &["generation 1 is damaged", "was changed"]);
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0"]);
}

#[test]
fn files_of_the_store_that_were_changed_do_not_come_back() {
    let world = world();
    let file = fs_err::canonicalize(world.root().join("generations/1/packs/watcher/pack.yaml")).unwrap();
    rewrite(&file, "ref: evil\n");
    rollback(&world, &["1"]).fails(5, &["files that were changed", "`watcher`"]).with_hint();
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0"]);
}

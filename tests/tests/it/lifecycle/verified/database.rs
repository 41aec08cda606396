//! The database: rows that are gone, changed or foreign, a file that is damaged, what a host may change.

use attune_tests::World;
use attune_tests::standard_packs::{greeter, reporter, watcher};
use rusqlite::Connection;
use serde_json::Value;

use super::{assert_one, report};

fn host() -> World {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    world.install_packs(&["reporter", "watcher"]).succeeds();
    world
}

fn execute(world: &World, sql: &str) {
    Connection::open(world.root().join("state/attune.db")).unwrap().execute_batch(sql).unwrap();
}

/// The rows that differ, each with its kind.
fn rows(world: &World) -> Vec<String> {
    let differences = report(world, &[])["differences"].clone();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let rows = differences.as_array().unwrap().iter();
    rows.map(|one| format!("{} {} ({})", text(&one["kind"]), text(&one["row"]), text(&one["found"])))
        .collect()
}

#[test]
fn rows_that_are_gone() {
    let world = host();
    execute(&world, "DELETE FROM action WHERE ref = 'greeter.wave'; DELETE FROM rule;");
    let found = rows(&world);
    assert!(found.contains(&"missing action greeter.wave (-)".to_owned()), "{found:?}");
    assert!(found.iter().any(|row| row.starts_with("missing rule watcher.")), "{found:?}");
    let text = world.verify(&["greeter"]);
    assert!(text.stdout.contains("attune.db action greeter.wave"), "{}", text.stdout);
    // Another pack's are not looked at.
    assert!(!text.stdout.contains("watcher"), "{}", text.stdout);

    let world = host();
    execute(&world, "DELETE FROM pack WHERE ref = 'watcher';");
    assert!(rows(&world).contains(&"missing pack watcher (-)".to_owned()));
}

#[test]
fn rows_that_were_changed() {
    let world = host();
    execute(&world, "UPDATE action SET entrypoint = 'evil.sh' WHERE ref = 'greeter.greet'");
    assert_eq!(rows(&world), ["changed action greeter.greet (entrypoint)"]);
    execute(
        &world,
        "UPDATE pack_environment SET env_path = '/elsewhere' WHERE pack_ref = 'reporter' AND env_path LIKE '%/python'",
    );
    let found = rows(&world);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.contains(&"foreign pack_environment /elsewhere (-)".to_owned()), "{found:?}");
}

#[test]
fn rows_that_belong_to_a_pack_which_does_not_have_them() {
    let world = host();
    execute(
        &world,
        "INSERT INTO action (ref, pack, pack_ref, label, entrypoint, created, updated) \
         SELECT 'greeter.evil', id, 'greeter', 'x', 'x', '', '' FROM pack WHERE ref = 'greeter'",
    );
    assert_eq!(rows(&world), ["foreign action greeter.evil (-)"]);
}

#[test]
fn what_a_host_may_change_is_no_difference() {
    let world = host();
    execute(
        &world,
        "UPDATE rule SET enabled = 1 - enabled; UPDATE trigger SET enabled = 0, webhook_enabled = 1; \
         UPDATE pack SET config = '{\"mine\": 1}', updated = 'now'; \
         INSERT INTO action (ref, pack, pack_ref, label, entrypoint, is_adhoc, created, updated) \
         SELECT 'greeter.mine', id, 'greeter', 'x', 'x', 1, '', '' FROM pack WHERE ref = 'greeter'; \
         INSERT INTO pack (ref, label, version, created, updated) VALUES ('core', 'Core', '1.0.0', '', '');",
    );
    world.verify(&[]).succeeds();
}

#[test]
fn a_database_that_is_damaged_or_gone() {
    let world = host();
    let database = world.root().join("state/attune.db");
    let mut bytes = fs_err::read(&database).unwrap();
    for byte in &mut bytes[4096..12288] {
        *byte = 0x5a;
    }
    fs_err::write(&database, &bytes).unwrap();
    assert_one(&world, "database", "database", &[], "state/attune.db");
    fs_err::write(&database, "no database, and long enough to be looked at as one".repeat(20)).unwrap();
    assert_one(&world, "database", "database", &[], "state/attune.db");
    fs_err::remove_file(&database).unwrap();
    assert_one(&world, "missing", "database", &[], "state/attune.db");
    assert!(!database.exists());
}

#[test]
fn a_schema_that_was_changed_is_told_and_set_aside() {
    for sql in [
        "DROP TABLE action",
        "DROP TABLE install_journal",
        "PRAGMA user_version = 0",
        "CREATE TRIGGER evil AFTER UPDATE ON action BEGIN DELETE FROM pack; END",
        "ALTER TABLE pack ADD COLUMN evil TEXT",
    ] {
        println!("{sql}");
        let world = host();
        let database = world.root().join("state/attune.db");
        rusqlite::Connection::open(&database).unwrap().execute_batch(sql).unwrap();
        world.verify(&[]).fails(3, &["not what was installed"]).with_hint();
        world.repair(&[]).succeeds();
        assert!(world.root().join("state/damaged-1.db").exists());
        world.verify(&[]).succeeds();
    }
}

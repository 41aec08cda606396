//! Downgrades and rollbacks: scripts of the newer version lead back, and what has none is told.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use attune_tests::World;

use super::{CHAIN, ledger, notes, told, upgrade, world};

/// The same, upgraded to 2.0.0, with the notes of that away.
fn upgraded() -> World {
    let world = world();
    upgrade(&world, &[]).succeeds();
    fs_err::remove_file(world.path().join("notes")).unwrap();
    world
}

const BACK: [&str; 2] = ["ledger down 2.0.0 1.1.0 no-script", "ledger down 1.1.0 1.0.0"];

#[test]
fn a_rollback_runs_the_scripts_that_lead_back_and_tells_what_has_none() {
    let world = upgraded();
    let before = world.root_tree().without_touched();
    let looked = world.install(["rollback", "--dry-run", "--json"]).succeeds().json();
    assert_eq!(told(&looked), [BACK[0].to_owned(), format!("{} planned", BACK[1])]);
    let looked = world.install(["rollback", "--dry-run"]).succeeds().stdout;
    for words in [
        "no migration leads ledger from 2.0.0 back to 1.1.0",
        "would migrate ledger from 1.1.0 to 1.0.0 with down.sh",
    ] {
        assert!(looked.contains(words), "{looked}");
    }
    world.root_tree().without_touched().assert_same(&before);
    assert_eq!(notes(&world), [""; 0]);
    let done = world.install(["rollback", "--json"]).succeeds().json();
    assert_eq!(told(&done), [BACK[0].to_owned(), format!("{} done", BACK[1])]);
    assert_eq!(notes(&world), ["ledger down 1.1.0 1.0.0"]);
    assert_eq!(world.installed(), ["ledger 1.0.0"]);
    world.verify(&[]).succeeds();
}

#[test]
fn a_rollback_to_a_newer_version_runs_its_migrations_again() {
    let world = upgraded();
    world.install(["rollback"]).succeeds();
    let report = world.install(["rollback", "2", "--json"]).succeeds().json();
    assert_eq!(told(&report), ["ledger up 1.0.0 1.1.0 done", "ledger up 1.1.0 2.0.0 done"]);
    assert_eq!(notes(&world)[1..], ["ledger up 1.0.0 1.1.0", "ledger up 1.1.0 2.0.0"]);
    assert_eq!(world.installed(), ["ledger 2.0.0"]);
}

#[test]
fn a_downgrade_runs_the_scripts_of_the_installed_version() {
    let world = upgraded();
    let looked = world.install_packs(&["ledger@=1.0.0", "--dry-run"]).succeeds().stdout;
    assert!(looked.contains("no migration leads ledger from 2.0.0 back to 1.1.0"), "{looked}");
    world.install_packs(&["ledger@=1.0.0"]).succeeds();
    assert_eq!(notes(&world), ["ledger down 1.1.0 1.0.0"]);
    assert_eq!(world.installed(), ["ledger 1.0.0"]);
}

#[test]
fn skipped_ways_back_are_recorded() {
    let world = upgraded();
    let report = world.install(["rollback", "--skip-migrations", "--json"]).succeeds().json();
    assert_eq!(told(&report), [BACK[0].to_owned(), format!("{} skipped", BACK[1])]);
    assert_eq!(notes(&world), [""; 0]);
    let history = world.install(["history", "--json"]).succeeds().json();
    assert_eq!(history["operations"][0]["forced"], serde_json::json!(["--skip-migrations"]));
}

#[test]
fn a_script_that_was_changed_on_the_host_is_not_run() {
    let world = upgraded();
    let script = fs_err::canonicalize(world.root().join("packs/ledger/down.sh")).unwrap();
    fs_err::set_permissions(script.parent().unwrap(), Permissions::from_mode(0o755)).unwrap();
    fs_err::remove_file(&script).unwrap();
    fs_err::write(&script, "echo evil\n").unwrap();
    let words = ["ledger 2.0.0 are not run", "changed or are gone"];
    world.install(["rollback"]).fails(5, &words).with_hint();
    world.install_packs(&["ledger@=1.0.0"]).fails(5, &words);
    assert_eq!(world.installed(), ["ledger 2.0.0"]);
    assert_eq!(notes(&world), [""; 0]);
    world.install_packs(&["ledger@=1.0.0", "--skip-migrations"]).succeeds();
    assert_eq!(world.installed(), ["ledger 1.0.0"]);
}

#[test]
fn a_release_that_was_changed_on_the_host_leads_nowhere() {
    let world = upgraded();
    let release = world.root().join("generations/2/releases/ledger.json");
    fs_err::set_permissions(release.parent().unwrap(), Permissions::from_mode(0o755)).unwrap();
    let text = fs_err::read_to_string(&release).unwrap().replace("down.sh", "evil.sh");
    fs_err::remove_file(&release).unwrap();
    fs_err::write(&release, text).unwrap();
    world.install(["rollback"]).fails(5, &["cannot be read", "was changed"]).with_hint();
    assert_eq!(world.installed(), ["ledger 2.0.0"]);
}

#[test]
fn a_way_back_that_fails_leaves_the_newer_version_and_its_data() {
    let world = world();
    let entries = format!(
        "{}\n- {{from: ^2.0, to: 2.1.0, script: up.sh, down: down.sh}}",
        CHAIN.replace("script: up.sh}", "script: up.sh, down: bad.sh}")
    );
    let newer = ledger(&world, "2.1.0", &entries).file("bad.sh", "echo it is stuck >&2\nexit 4\n");
    world.add(&[&newer]).succeeds();
    upgrade(&world, &[]).succeeds();
    let before = world.root_tree().without_touched();
    fs_err::remove_file(world.path().join("notes")).unwrap();
    let run = world.install(["rollback"]).fails(5, &["from 2.0.0 to 1.1.0 failed", "bad.sh", "it is stuck"]);
    // The step before it is done again.
    assert_eq!(notes(&world), ["ledger down 2.1.0 2.0.0", "ledger up 2.0.0 2.1.0"]);
    assert!(run.stderr.contains("warning[W030]"), "{}", run.stderr);
    world.root_tree().without_touched().assert_same(&before);
}

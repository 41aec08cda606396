//! `uninstall --all`, and `uninstall --all --purge`: nothing of the root stays but its log.

use std::process::{Command, Stdio};
use std::time::Duration;

use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{Run, World};

fn world() -> World {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    world.install_packs(&["reporter", "watcher"]).succeeds();
    world
}

fn purge(world: &World, options: &[&str]) -> Run {
    world.install([&["uninstall", "--all", "--purge"], options].concat())
}

/// Everything in the root, by paths.
fn left(world: &World) -> Vec<String> {
    let tree = world.root_tree();
    let mut paths: Vec<String> = tree.paths().map(|path| path.display().to_string()).collect();
    paths.retain(|path| !path.is_empty());
    paths.sort();
    paths
}

const LOG: [&str; 3] = ["state", "state/log", "state/log/operations.jsonl"];

#[test]
fn every_pack_goes_and_a_rollback_brings_all_back() {
    let world = world();
    let report = world.install(["uninstall", "--all", "--json"]).succeeds().json();
    assert_eq!(report["packs"].as_array().unwrap().len(), 3);
    assert_eq!(world.installed(), [""; 0]);
    world.verify(&[]).succeeds();
    world.install(["rollback"]).succeeds();
    assert_eq!(world.installed().len(), 3);
    world.install(["uninstall", "--all", "watcher"]).fails(2, &["--all"]);
}

#[test]
fn nothing_stays_but_the_log() {
    let world = world();
    world.install(["hold", "watcher"]).succeeds();
    let registry = world.registry();
    let trust = world.trust();
    world
        .install(["registry", "add", registry.to_str().unwrap(), "--trust", trust.to_str().unwrap()])
        .succeeds();
    let looked = purge(&world, &["--dry-run", "--json"]).succeeds().json();
    assert_eq!(looked["packs"].as_array().unwrap().len(), 3);
    assert_eq!(world.installed().len(), 3, "a look changes nothing");
    let report = purge(&world, &["--yes", "--json"]).succeeds().json();
    assert!(report["freedBytes"].as_u64().unwrap() > 0, "{report}");
    assert_eq!(report["freedBytes"], looked["freedBytes"]);
    assert_eq!(left(&world), LOG);
    let log = fs_err::read_to_string(world.root().join("state/log/operations.jsonl")).unwrap();
    assert!(log.lines().last().unwrap().contains("--purge"), "{log}");
    // Another one finds nothing, and the root can be installed to as if it were new.
    purge(&world, &["--yes"]).succeeds();
    world.install_packs(&["watcher"]).succeeds();
    assert_eq!(world.installed(), ["watcher 1.0.0"]);
    world.verify(&[]).succeeds();
}

#[test]
fn it_is_asked_for_first() {
    let world = world();
    let before = world.root_tree().without_touched();
    purge(&world, &[]).fails(2, &["was not confirmed"]).with_hint();
    world.install(["uninstall", "watcher", "--purge"]).fails(2, &["--purge"]);
    world.install(["uninstall", "--all", "--purge", "--backup", "x"]).fails(2, &["--backup"]);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn what_a_process_uses_stays() {
    let world = world();
    let place = fs_err::canonicalize(world.root().join("packs/watcher")).unwrap();
    let mut process = Command::new("sleep")
        .arg("600")
        .current_dir(place)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let run = purge(&world, &["--yes"]);
    process.kill().unwrap();
    process.wait().unwrap();
    run.fails(1, &["error[H069]", &format!("process {}", process.id()), "sleep"]).with_hint();
    assert_eq!(world.installed().len(), 3);
    world.verify(&[]).succeeds();
    purge(&world, &["--yes"]).succeeds();
}

/// As a kill leaves it: the mark is there, and something has gone.
#[test]
fn a_removal_that_was_cut_off_is_told_and_finished() {
    for gone in [&[][..], &["current"], &["current", "packs", "packenvs"], &["state/attune.db", "current"]] {
        let world = world();
        fs_err::write(world.root().join("state/purging"), "").unwrap();
        for name in gone {
            fs_err::remove_file(world.root().join(name)).unwrap();
        }
        let before = world.root_tree().without_touched();
        for command in
            [&["list"][..], &["verify"], &["gc"], &["rollback"], &["repair"], &["uninstall", "watcher"]]
        {
            world.install(command).fails(1, &["error[H068]", "was begun and not finished"]).with_hint();
        }
        world.install_packs(&["watcher"]).fails(1, &["error[H068]"]).with_hint();
        let log = |path: &std::path::Path| path.starts_with("state/log");
        world.root_tree().without_touched().without(log).assert_same(&before.without(log));
        let report = purge(&world, &["--yes", "--json"]).succeeds().json();
        assert_eq!(report["resumed"], true);
        assert_eq!(left(&world), LOG);
        world.install_packs(&["watcher"]).succeeds();
    }
}

#[test]
fn killed_at_any_moment_it_is_finished_by_the_next() {
    for milliseconds in [1, 5, 10, 20, 40, 80] {
        let world = world();
        let mut command = world.installer();
        command.args(["uninstall", "--all", "--purge", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        process.kill().unwrap();
        process.wait().unwrap();
        purge(&world, &["--yes"]).succeeds();
        let left: Vec<String> = left(&world).into_iter().filter(|path| !LOG.contains(&&**path)).collect();
        assert_eq!(left, [""; 0], "after {milliseconds} ms");
        world.install_packs(&["watcher"]).succeeds();
    }
}

#[test]
fn foreign_files_at_the_top_stay_and_are_told() {
    let world = world();
    fs_err::create_dir(world.root().join("notes")).unwrap();
    let run = purge(&world, &["--yes"]).succeeds();
    assert!(run.stderr.contains("W032") && run.stderr.contains("notes"), "{}", run.stderr);
    assert_eq!(left(&world), [&["notes"], &LOG[..]].concat());
}

#[test]
fn a_root_to_which_nothing_was_installed_is_told() {
    let world = World::new();
    purge(&world, &["--yes"]).fails(1, &["does not exist"]).with_hint();
    assert!(!world.root().exists());
}

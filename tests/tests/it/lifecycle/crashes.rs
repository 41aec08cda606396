//! Installers that die in the middle: the host goes on as before, and the next start cleans up.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::world::standard;
use attune_tests::{PackBuilder, World};
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

fn names(directory: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs_err::read_dir(directory) else { return BTreeSet::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Asserts that the root holds its generations and nothing else, and that link and database agree.
#[track_caller]
pub(crate) fn assert_sound(world: &World) {
    let root = world.root();
    assert!(!root.join("staging").exists(), "staging is left: {:?}", names(&root.join("staging")));
    assert!(fs_err::symlink_metadata(root.join(".current-next")).is_err());
    let mut used: [BTreeSet<String>; 3] = Default::default();
    for generation in names(&root.join("generations")) {
        let lock = root.join("generations").join(generation).join("generation.json");
        let lock: Value = serde_json::from_slice(&fs_err::read(lock).unwrap()).unwrap();
        for pack in lock["packs"].as_object().unwrap().values() {
            used[0].insert(hex(&pack["pack"]));
            for environment in pack["environments"].as_object().into_iter().flat_map(|all| all.values()) {
                used[1].insert(hex(&environment["digest"]));
                used[2].extend(environment["wheels"].as_array().unwrap().iter().map(hex));
            }
        }
    }
    for (part, used) in ["packs", "envs", "wheels"].iter().zip(used) {
        assert_eq!(names(&root.join("store").join(part)), used, "store/{part}");
        assert_eq!(names(&root.join("store/lists").join(part)), used, "store/lists/{part}");
    }
    let link = fs_err::read_link(root.join("current")).unwrap();
    let active: i64 = link.file_name().unwrap().to_str().unwrap().parse().unwrap();
    assert_eq!(registered(world), Some(active));
    world.verify(&[]).succeeds();
}

fn hex(digest: &Value) -> String {
    digest.as_str().unwrap().strip_prefix("sha256:").unwrap().to_owned()
}

/// The generation that the database holds.
fn registered(world: &World) -> Option<i64> {
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    database.query_row("SELECT generation FROM install_journal", [], |row| row.get(0)).optional().unwrap()
}

/// A pack whose tests kill the installer that runs them while `trap` exists.
fn assassin(trap: &Path) -> PackBuilder {
    let script = format!("#!/bin/sh\nif [ -e {} ]; then kill -9 $PPID; fi\n", trap.display());
    PackBuilder::new("assassin", "1.0.0").depends_on("reporter").tested_by(&script, 30, "block")
}

#[test]
fn killed_at_any_moment_before_there_was_anything() {
    let (bundle, trust) = (standard().bundle_path(), standard().trust());
    let started = Instant::now();
    World::new().install_from(&bundle, &trust).succeeds();
    let whole = started.elapsed();
    for step in 0..8_u32 {
        let world = World::new();
        let mut command = world.installer();
        command.arg(&bundle).arg("--trust").arg(&trust).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(whole * step / 7);
        child.kill().unwrap();
        child.wait().unwrap();
        // Before the last step there is nothing to list.
        if world.root().join("current").exists() {
            assert_eq!(world.installed().len(), 3);
        }
        world.install_from(&bundle, &trust).succeeds();
        assert_sound(&world);
        assert_eq!(world.installed().len(), 3);
    }
}

#[test]
fn killed_at_any_moment_of_an_upgrade() {
    let publisher = World::with_packs(&[&greeter(), &reporter()]);
    publisher.bundle(&["reporter"]).succeeds();
    let old = publisher.path().join("old.tar.zst");
    fs_err::rename(publisher.bundle_path(), &old).unwrap();
    let words = vec![7; 200_000];
    publisher.add(&[&greeter().version("1.1.0").file("words", words), &watcher()]).succeeds();
    publisher.bundle(&["reporter", "greeter", "watcher"]).succeeds();
    let prepared = || {
        let world = World::new();
        world.install_from(&old, &publisher.trust()).succeeds();
        world
    };
    let world = prepared();
    let started = Instant::now();
    world.install([publisher.bundle_path()]).succeeds();
    let whole = started.elapsed();
    for step in 1..=6_u32 {
        let world = prepared();
        let mut command = world.installer();
        command.arg(publisher.bundle_path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(whole * step / 6);
        child.kill().unwrap();
        child.wait().unwrap();
        let installed = world.installed();
        assert!(installed.contains(&"reporter 1.0.0".to_owned()), "{installed:?}");
        world.install([publisher.bundle_path()]).succeeds();
        assert_sound(&world);
        assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0", "watcher 1.0.0"]);
    }
}

#[test]
fn killed_while_the_tests_run() {
    let world = World::new();
    let trap = world.path().join("trap");
    world.init("demo").succeeds();
    world.add(&[&greeter(), &reporter(), &watcher(), &assassin(&trap)]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    fs_err::write(&trap, "").unwrap();
    let run = world.install_packs(&["assassin"]);
    assert_eq!(run.status, None, "{run:?}");
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
    assert!(world.root().join("staging").exists());

    // What comes next is something else, and takes nothing of the dead installation over.
    world.install_packs(&["watcher"]).succeeds();
    assert_sound(&world);
    assert_eq!(world.installed(), ["greeter 1.0.0", "watcher 1.0.0"]);

    fs_err::remove_file(&trap).unwrap();
    world.install_packs(&["assassin"]).succeeds();
    assert_sound(&world);
}

#[test]
fn installing_what_is_there_cleans_up_after_a_crash() {
    let world = World::new();
    let trap = world.path().join("trap");
    world.init("demo").succeeds();
    world.add(&[&greeter(), &reporter(), &assassin(&trap)]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    fs_err::write(&trap, "").unwrap();
    assert_eq!(world.install_packs(&["assassin"]).status, None);
    let run = world.install_packs(&["greeter", "--json"]).succeeds();
    assert_eq!(run.json()["outcome"], "unchanged");
    assert_eq!(run.json()["generation"], 1);
    assert_sound(&world);
}

/// A root at generation 2, with the link set back to 1, as a crash right after the registration
/// leaves it.
fn not_yet_active() -> World {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    world.add(&[&greeter().version("1.1.0"), &watcher()]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    let current = world.root().join("current");
    fs_err::remove_file(&current).unwrap();
    std::os::unix::fs::symlink("generations/1", &current).unwrap();
    let staging = world.root().join("staging/2-1");
    fs_err::create_dir_all(&staging).unwrap();
    fs_err::write(staging.join("journal.json"), r#"{"generation": 2, "promoted": []}"#).unwrap();
    world
}

#[test]
fn a_registered_generation_that_is_not_yet_active_is_completed() {
    let world = not_yet_active();
    world.install_packs(&["greeter"]).succeeds();
    assert_sound(&world);
    assert_eq!(world.installed(), ["greeter 1.1.0"]);
}

#[test]
fn another_install_completes_a_registered_generation_first() {
    let world = not_yet_active();
    world.install_packs(&["watcher"]).succeeds();
    assert_sound(&world);
    assert_eq!(world.installed(), ["greeter 1.1.0", "watcher 1.0.0"]);
}

#[test]
fn a_crash_leaves_no_lock() {
    let world = World::new();
    let trap = world.path().join("trap");
    world.init("demo").succeeds();
    world.add(&[&greeter(), &reporter(), &assassin(&trap)]).succeeds();
    fs_err::write(&trap, "").unwrap();
    let started = Instant::now();
    assert_eq!(world.install_packs(&["assassin"]).status, None);
    fs_err::remove_file(&trap).unwrap();
    world.install_packs(&["assassin"]).succeeds();
    assert!(started.elapsed() < Duration::from_mins(1));
    assert_sound(&world);
}

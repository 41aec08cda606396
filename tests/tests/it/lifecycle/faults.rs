//! Disks that fail while a change is completed: what is told, what the host is then, and what mends it.
//! `cargo test -p attune-tests --test it -- --ignored strace_`

use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::soak::missing_tool;
use attune_tests::standard_packs::{greeter, watcher};
use attune_tests::{Run, World};

use super::crashes::assert_sound;

/// A host with `greeter` 1.0.0, and a registry with 1.1.0.
fn before_an_upgrade() -> World {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    world.add(&[&greeter().version("1.1.0"), &watcher()]).succeeds();
    world
}

/// Upgrades `greeter` where the calls of kind `call` fail with `error` from the `nth` on.
fn upgrade(world: &World, call: &str, error: &str, nth: usize) -> Run {
    let mut command = Command::new("strace");
    world.prepare(&mut command);
    command.args(["-f", "-b", "execve", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={call}"));
    command.arg("-e").arg(format!("inject={call}:error={error}:when={nth}+"));
    command.arg(Binary::Install.path()).arg("greeter").arg("--registry").arg(world.registry());
    command.arg("--root").arg(world.root());
    Run::of(command)
}

fn registered(world: &World) -> i64 {
    let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();
    database.query_row("SELECT generation FROM install_journal", [], |row| row.get(0)).unwrap()
}

fn current(world: &World) -> String {
    fs_err::read_link(world.root().join("current")).unwrap().display().to_string()
}

/// The runs with a fault at one rename after another, from the last that matters on backwards.
fn faults_of_renames(error: &str, mut look: impl FnMut(&World, &Run)) {
    for nth in 1.. {
        let world = before_an_upgrade();
        let run = upgrade(&world, "rename", error, nth);
        if run.status == Some(0) {
            assert!(nth > 3, "only {nth} renames");
            return;
        }
        look(&world, &run);
    }
}

#[test]
#[ignore = "needs strace"]
fn strace_a_fault_after_the_registration_is_named_with_the_state_of_the_host() {
    if let Some(missing) = missing_tool() {
        println!("skipped: {missing}");
        return;
    }
    for error in ["EIO", "EACCES", "ENOSPC"] {
        let mut steps = std::collections::BTreeSet::new();
        faults_of_renames(error, |world, run| {
            let run = run.clone();
            if !run.stderr.contains("is complete and registered") {
                assert_eq!((registered(world), current(world)), (1, "generations/1".to_owned()), "{run:?}");
                return;
            }
            let run = run.fails(1, &["generation 2", "generation 1 is still active"]).with_hint();
            assert!(run.stderr.contains("the next command that changes this root"), "{}", run.stderr);
            for step in ["the metadata of its registry could not be kept", "could not be made active"] {
                if run.stderr.contains(step) {
                    steps.insert(step);
                }
            }
            // Who reads believes `current`.
            assert_eq!((registered(world), current(world)), (2, "generations/1".to_owned()));
            assert_eq!(world.installed(), ["greeter 1.0.0"]);
            // Any command that writes completes it, not only an installation.
            let mut gc = world.command(Binary::Install);
            gc.args(["gc", "--keep", "9", "--root"]).arg(world.root());
            Run::of(gc).succeeds();
            assert_eq!((registered(world), current(world)), (2, "generations/2".to_owned()));
            assert_eq!(world.installed(), ["greeter 1.1.0"]);
            assert_sound(world);
        });
        assert_eq!(steps.len(), 2, "{error}: {steps:?}");
    }
}

#[test]
#[ignore = "needs strace"]
fn strace_a_fault_of_the_database_leaves_the_host_at_one_generation() {
    if let Some(missing) = missing_tool() {
        println!("skipped: {missing}");
        return;
    }
    for (call, error) in
        [("fdatasync", "EIO"), ("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("ftruncate", "EIO")]
    {
        for nth in 1.. {
            let world = before_an_upgrade();
            let run = upgrade(&world, call, error, nth);
            if run.status == Some(0) {
                break;
            }
            assert_ne!(run.status, Some(101), "{run:?}");
            assert_eq!(world.installed(), ["greeter 1.0.0"], "{call} {nth}: {run:?}");
            // Something else comes next, and takes nothing over that was not registered.
            world.install_packs(&["watcher"]).succeeds();
            assert_sound(&world);
            let version =
                if run.stderr.contains("the next command") { "greeter 1.1.0" } else { "greeter 1.0.0" };
            assert_eq!(world.installed(), [version, "watcher 1.0.0"], "{call} {nth}: {run:?}");
        }
    }
}

#[test]
fn trust_that_a_killed_install_learnt_does_not_outlive_its_removal() {
    let world = before_an_upgrade();
    // As a kill between registration and completion leaves it.
    let staging = world.root().join("staging/2-1");
    fs_err::create_dir_all(&staging).unwrap();
    fs_err::write(staging.join("journal.json"), r#"{"generation": 1, "promoted": []}"#).unwrap();
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(world.root().join("state/trust")).arg(staging.join("trust"));
    Run::of(copy).succeeds();
    let mut remove = world.command(Binary::Install);
    remove.args(["trust", "remove", "demo", "--yes", "--root"]).arg(world.root());
    Run::of(remove).succeeds();
    assert!(!staging.exists());
    let mut list = world.command(Binary::Install);
    list.args(["trust", "list", "--json", "--root"]).arg(world.root());
    assert_eq!(Run::of(list).succeeds().json()["registries"], serde_json::json!([]));
    assert_sound(&world);
}

//! What becomes of environments: their states, how they are found damaged or outdated, and mended.

use std::path::{Path, PathBuf};

use attune_tests::binaries::Binary;
use attune_tests::{PackBuilder, Run, WheelBuilder, World, fake_node};
use serde_json::Value;

fn env_command(world: &World, arguments: &[&str]) -> std::process::Command {
    let mut command = world.command(Binary::Install);
    command.arg("env").args(arguments).arg("--root").arg(world.root());
    command
}

fn env(world: &World, arguments: &[&str]) -> Run {
    Run::of(env_command(world, arguments))
}

/// The first environment, as `env list` tells it.
fn listed(world: &World) -> Value {
    env(world, &["list", "--json"]).succeeds().json()["environments"][0].clone()
}

/// Status, health and whether a verification is due, as the view has them.
fn viewed(world: &World) -> (String, String, bool) {
    let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();
    let sql = "SELECT status, health_status, needs_verification FROM v_pack_environment_status";
    database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
}

fn python_pack() -> World {
    let shout = WheelBuilder::new("shout", "1.0.0").file("shout/__init__.py", "LOUD = 1\n");
    let pack =
        PackBuilder::new("weaver", "1.0.0").action("run", "python", "import shout\n").wheel(&shout.build());
    let world = World::with_packs(&[&pack]);
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    world
}

fn assert_state(world: &World, status: &str, health: &str) {
    let environment = listed(world);
    assert_eq!(
        (environment["status"].as_str(), environment["health"].as_str()),
        (Some(status), Some(health))
    );
}

#[test]
fn an_environment_is_ready_and_due_after_a_week() {
    let world = python_pack();
    assert_state(&world, "ready", "healthy");
    assert_eq!(viewed(&world), ("ready".to_owned(), "healthy".to_owned(), false));
    let shown = env(&world, &["show", "weaver"]).succeeds().stdout;
    for word in ["weaver 1.0.0: python", "ready (healthy)", "bin/python", "store/envs"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }

    let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();
    let eight_days_ago = (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(8 * 24)).to_string();
    database.execute("UPDATE pack_environment SET last_verified = ?1", [eight_days_ago]).unwrap();
    assert!(viewed(&world).2 && listed(&world)["needsVerification"].as_bool().unwrap());
    drop(database);
    let before = world.root_tree();
    world.verify(&[]).succeeds();
    world.root_tree().assert_same(&before);
    assert!(world.repair(&[]).succeeds().stdout.contains("nothing to repair"));
    assert!(!viewed(&world).2 && !listed(&world)["needsVerification"].as_bool().unwrap());
    // As the contract has it, what was never verified is not due.
    let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();

    database.execute("UPDATE pack_environment SET last_verified = NULL", []).unwrap();
    assert!(!viewed(&world).2);
}

#[test]
fn what_is_missing_is_repaired() {
    let world = python_pack();
    let place = world.root().join("packenvs/weaver/python");
    for broken in ["bin/python3", "pyvenv.cfg", "lib/python3.*"] {
        let store = fs_err::canonicalize(place.join("bin")).unwrap().parent().unwrap().to_owned();
        let mut remove = std::process::Command::new("sh");
        remove.current_dir(&store).args(["-c", &format!("rm -rf {broken}")]);
        Run::of(remove).succeeds();
        world.verify(&["weaver"]).fails(3, &["difference"]);
        assert_state(&world, "ready", "healthy");
        let report = world.repair(&["--json"]).succeeds().json();
        assert_eq!((report["generation"].as_u64(), &report["left"]), (Some(1), &serde_json::json!([])));
        world.verify(&[]).succeeds();
        assert_state(&world, "ready", "healthy");
    }
    assert!(world.repair(&[]).succeeds().stdout.contains("nothing to repair"));
    let generations = fs_err::read_dir(world.root().join("generations")).unwrap().count();
    assert_eq!(generations, 1, "the same environment needs no new generation");
}

#[test]
fn a_whole_environment_that_is_gone_is_built_again() {
    let world = python_pack();
    let store = fs_err::canonicalize(world.root().join("packenvs/weaver/python/bin")).unwrap();
    fs_err::remove_dir_all(store.parent().unwrap()).unwrap();
    assert_state(&world, "outdated", "needs_update");
    world.repair(&[]).succeeds();
    world.verify(&[]).succeeds();
}

#[test]
fn a_package_that_is_damaged_in_the_store_comes_from_its_bundle() {
    let world = python_pack();
    let module = world.root().join("packenvs/weaver/python/lib");
    let mut find = std::process::Command::new("find");
    find.arg("-L").arg(&module).args(["-path", "*shout/__init__.py"]);
    let module = PathBuf::from(Run::of(find).succeeds().stdout.trim());
    fs_err::write(&module, "LOUD = 2\n").unwrap();
    let words = ["shout-1.0.0-py3-none-any.whl", "damaged in the store"];
    env(&world, &["rebuild", "weaver"]).fails(5, &words).with_hint();
    world.repair(&[]).fails(3, &["left in"]).with_hint();
    world.repair(&["--from", "no-such-bundle.tar.zst"]).fails(2, &["no-such-bundle"]);
    assert_eq!(fs_err::read_to_string(&module).unwrap(), "LOUD = 2\n");

    let bundle = world.bundle_path().display().to_string();
    world.repair(&["--from", &bundle]).succeeds();
    world.verify(&[]).succeeds();
    assert_eq!(fs_err::read_to_string(&module).unwrap(), "LOUD = 1\n");
    assert!(!world.root().join("staging").exists());

    fs_err::write(&module, "LOUD = 3\n").unwrap();
    let registry = world.registry().display().to_string();
    env(&world, &["rebuild", "weaver", "--from", &registry]).succeeds();
    assert_eq!(fs_err::read_to_string(&module).unwrap(), "LOUD = 1\n");
}

/// A world whose pack runs on a Node.js at `node`, which is first on the search path.
fn node_pack() -> (World, PathBuf) {
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]\nnodejs: '>=20'");
    let world = World::with_packs(&[&pack.action("run", "shell", "#!/bin/sh\n")]);
    let place = world.path().join("node");
    fake_node::write(&place, "20.1.0");
    world.bundle(&["weaver"]).succeeds();
    Run::of(with_node(world.installer(), &place, &world)).succeeds();
    (world, place)
}

fn with_node(mut command: std::process::Command, node: &Path, world: &World) -> std::process::Command {
    command.arg(world.bundle_path()).arg("--trust").arg(world.trust());
    command.env("PATH", node.join("bin"));
    command
}

#[test]
fn an_upgraded_interpreter_makes_environments_outdated() {
    let (world, node) = node_pack();
    assert_state(&world, "ready", "healthy");
    fs_err::remove_file(node.join("bin/node")).unwrap();
    fake_node::write(&node, "20.2.0");
    assert_state(&world, "outdated", "needs_update");
    assert!(world.verify(&[]).fails(3, &[]).stdout.contains("another interpreter than before"));

    let mut repair = world.command(Binary::Install);
    repair.arg("repair").arg("--root").arg(world.root()).env("PATH", node.join("bin"));
    Run::of(repair).succeeds();
    assert_state(&world, "ready", "healthy");
    assert_eq!(listed(&world)["interpreterVersion"].as_str(), Some("20.2.0"));
    world.verify(&[]).succeeds();
    // Its new generation is one like any other.
    assert_eq!(world.list()["generation"].as_u64(), Some(2));
    Run::of(with_node(world.installer(), &node, &world)).succeeds();
    assert_eq!(world.list()["generation"].as_u64(), Some(2));
}

#[test]
fn a_rollback_tells_of_an_interpreter_that_was_replaced_meanwhile() {
    let (world, node) = node_pack();
    world.install(["uninstall", "weaver"]).succeeds();
    fs_err::remove_file(node.join("bin/node")).unwrap();
    fake_node::write(&node, "20.2.0");
    let run = world.install(["rollback"]).succeeds();
    for words in ["W018", "attune-install env rebuild weaver"] {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    assert_state(&world, "outdated", "needs_update");
}

#[test]
fn installing_again_builds_for_the_upgraded_interpreter() {
    let (world, node) = node_pack();
    fs_err::remove_file(node.join("bin/node")).unwrap();
    fake_node::write(&node, "20.3.0");
    Run::of(with_node(world.installer(), &node, &world)).succeeds();
    assert_state(&world, "ready", "healthy");
    assert_eq!(listed(&world)["interpreterVersion"].as_str(), Some("20.3.0"));
}

#[test]
fn a_removed_interpreter_is_told_and_nothing_is_lost() {
    let (world, node) = node_pack();
    fs_err::remove_file(node.join("bin/node")).unwrap();
    assert_state(&world, "outdated", "needs_update");
    let before = world.root_tree().without_touched();
    let mut repair = env_command(&world, &["rebuild", "weaver"]);
    repair.env("PATH", node.join("bin"));
    let run = Run::of(repair);
    // A Node.js of the machine itself may have the same ABI, and would do.
    if run.status != Some(0) {
        run.fails(5, &["Node.js"]).with_hint();
        world.root_tree().without_touched().assert_same(&before);
    }
}

#[test]
fn an_environment_that_steps_built_is_built_again() {
    let world = World::with_registry();
    world.add_example("log_report").succeeds();
    world.bundle(&["log_report"]).succeeds();
    world.install_bundle().succeeds();
    let module = world.root().join("packenvs/log_report/perl/lib/perl5/Log/Tally.pm");
    let whole = fs_err::read(&module).unwrap();
    fs_err::remove_file(fs_err::canonicalize(&module).unwrap()).unwrap();
    world.verify(&["log_report"]).fails(3, &["1 difference"]);
    world.repair(&["log_report"]).succeeds();
    assert_eq!(fs_err::read(&module).unwrap(), whole);
    world.verify(&[]).succeeds();
    assert!(!world.root().join("staging").exists());
}

#[test]
fn packs_without_environments_are_told() {
    let world = python_pack();
    for command in ["show", "rebuild"] {
        env(&world, &[command, "stranger"]).fails(4, &["`stranger` is not installed"]).with_hint();
    }
    env(&world, &["show", "weaver", "--runtime", "ruby"]).fails(5, &["ruby"]);
}

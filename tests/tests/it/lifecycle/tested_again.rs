//! `attune-install test`: the tests of what is installed, at any later time.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{OrdinaryUser, PackBuilder, Run, World};
use rusqlite::Connection;

fn test(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.arg("test").args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

/// Pack, reason, total and passed of each registered run.
fn recorded(world: &World) -> Vec<(String, String, i64, i64)> {
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    let mut statement = database
        .prepare(
            "SELECT ref, trigger_reason, total_tests, passed FROM pack_test_execution t \
             JOIN pack ON pack.id = t.pack_id ORDER BY t.id",
        )
        .unwrap();
    let rows =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn manual(world: &World) -> usize {
    recorded(world).iter().filter(|(_, reason, ..)| reason == "manual").count()
}

/// The standard packs and one without tests, installed.
fn installed() -> World {
    let plain = PackBuilder::new("plain", "1.0.0").action("act", "shell", "#!/bin/sh\n");
    let world = World::with_packs(&[&greeter(), &reporter(), &plain]);
    world.install_packs(&["reporter", "plain"]).succeeds();
    world
}

#[test]
fn all_packs_are_tested_and_the_results_recorded() {
    let world = installed();
    let tree = || world.root_tree().without_touched().without(|path| path.ends_with("attune.db"));
    let before = tree();
    let run = test(&world, &["--json"]).succeeds();
    let report = run.json();
    assert_eq!(
        (report["format"].as_str(), report["recorded"].as_str()),
        (Some("attune-install.test/v1"), Some("yes"))
    );
    let packs = report["packs"].as_array().unwrap();
    assert_eq!(packs.len(), 2);
    assert_eq!((packs[0]["ref"].as_str(), packs[0]["passed"].as_u64()), (Some("greeter"), Some(2)));
    assert_eq!((packs[1]["status"].as_str(), packs[1]["acceptable"].as_bool()), (Some("passed"), Some(true)));
    assert_eq!(packs[1]["suites"][0]["testCases"][0]["name"], "tests.test_pack.ShoutTest.test_shout");
    assert_eq!(report["untested"][0]["ref"], "plain");
    assert_eq!(manual(&world), 2);
    // Nothing else changes, and what is installed is as it was installed.
    tree().assert_same(&before);
    world.verify(&[]).succeeds();
}

#[test]
fn one_pack_is_tested_and_told() {
    let world = installed();
    let run = test(&world, &["greeter"]).succeeds();
    assert!(
        run.stdout.contains("2 passed") && run.stdout.contains("the tests of 1 pack passed"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("reporter"), "{}", run.stdout);
    let run = test(&world, &["reporter", "-v"]).succeeds();
    assert!(run.stdout.contains("passed   tests.test_pack.ShoutTest.test_shout"), "{}", run.stdout);
    let run = test(&world, &["plain"]).succeeds();
    assert!(run.stdout.contains("no pack was tested, 1 pack without tests"), "{}", run.stdout);
    assert_eq!(test(&world, &["greeter", "--quiet"]).succeeds().stdout, "");
}

#[test]
fn a_pack_that_is_not_installed() {
    let world = installed();
    let run =
        test(&world, &["greter"]).fails(4, &["pack `greter` is not installed; did you mean `greeter`?"]);
    run.with_hint();
    test(&World::new(), &[]).fails(1, &["does not exist"]).with_hint();
    for limit in ["soon", "0s", "any", "-1s"] {
        test(&world, &[&format!("--timeout={limit}")]).fails(2, &["is not a time limit"]);
    }
    assert_eq!(manual(&world), 0);
}

#[test]
fn damage_makes_the_tests_fail() {
    let world = installed();
    let action = world.root().join("packs/greeter/actions/greet.sh");
    let directory = action.parent().unwrap().to_owned();
    fs_err::set_permissions(&directory, std::fs::Permissions::from_mode(0o755)).unwrap();
    fs_err::remove_file(&action).unwrap();
    fs_err::set_permissions(&directory, std::fs::Permissions::from_mode(0o555)).unwrap();
    let run = test(&world, &[]).fails(6, &["the tests of pack `greeter` failed"]).with_hint();
    assert!(run.stderr.contains("attune-install verify"), "{}", run.stderr);
    assert!(run.stdout.contains("the tests of 1 of 2 packs failed"), "{}", run.stdout);
    let rows = recorded(&world);
    assert_eq!(rows.last().unwrap(), &("reporter".to_owned(), "manual".to_owned(), 1, 1));
    assert_eq!(rows[rows.len() - 2], ("greeter".to_owned(), "manual".to_owned(), 1, 0));
    world.repair(&["--from", world.registry().to_str().unwrap()]).succeeds();
    test(&world, &[]).succeeds();
}

#[test]
fn an_environment_that_is_gone_is_a_failure_and_no_crash() {
    let world = installed();
    let python = fs_err::canonicalize(world.root().join("packenvs/reporter/python/bin")).unwrap();
    let environment = python.parent().unwrap();
    for directory in [environment, &python] {
        fs_err::set_permissions(directory, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs_err::remove_dir_all(&python).unwrap();
    test(&world, &["reporter"]).fails(6, &["`reporter` failed", "is not on this host"]).with_hint();
    // The pack's own files, gone as a whole.
    let tree = fs_err::canonicalize(world.root().join("packs/greeter")).unwrap();
    let parent = tree.parent().unwrap();
    fs_err::set_permissions(parent, std::fs::Permissions::from_mode(0o755)).unwrap();
    fs_err::rename(&tree, world.path().join("gone")).unwrap();
    test(&world, &["greeter"]).fails(6, &["greeter"]).with_hint();
}

#[test]
fn a_lost_release_is_told() {
    let world = installed();
    let kept = world.root().join("current/releases/greeter.json");
    let directory = kept.parent().unwrap().to_owned();
    fs_err::set_permissions(&directory, std::fs::Permissions::from_mode(0o755)).unwrap();
    fs_err::remove_file(&kept).unwrap();
    test(&world, &["greeter"]).fails(3, &["the installed release of pack `greeter` is damaged"]).with_hint();
    test(&world, &["reporter"]).succeeds();
}

#[test]
fn a_limit_of_ones_own() {
    let slow = PackBuilder::new("slow", "1.0.0").action("act", "shell", "#!/bin/sh\n");
    let world = World::with_packs(&[&slow.tested_by(
        "#!/bin/sh\ntest -f pack.yaml && sleep ${WAIT:-2}\n",
        30,
        "warn",
    )]);
    world.install_packs(&["slow"]).succeeds();
    let started = Instant::now();
    // What the pack says of failures is about installations.
    test(&world, &["--timeout", "1s"]).fails(6, &["limit of 1 s"]);
    assert!(started.elapsed() < Duration::from_mins(1));
    test(&world, &["--timeout", "1m"]).succeeds();
}

#[test]
fn an_install_at_work_is_waited_for_and_told() {
    let world = installed();
    let lock =
        fs_err::OpenOptions::new().read(true).write(true).open(world.root().join("state/lock")).unwrap();
    lock.lock().unwrap();
    let run = test(&world, &["greeter"]).fails(8, &["another install is running", "W016"]);
    assert!(run.stdout.contains("2 passed"), "{}", run.stdout);
    assert_eq!(manual(&world), 0);
    std::thread::scope(|scope| {
        let tested = scope.spawn(|| test(&world, &["greeter", "--json"]));
        std::thread::sleep(Duration::from_secs(2));
        lock.unlock().unwrap();
        assert_eq!(tested.join().unwrap().succeeds().json()["recorded"], "yes");
    });
    assert_eq!(manual(&world), 1);
}

#[test]
fn a_root_that_cannot_be_written_is_tested() {
    let Some(user) = OrdinaryUser::new() else { return };
    let world = World::with_packs(&[&greeter()]);
    let mut install = world.installer();
    install.arg("greeter").arg("--registry").arg(world.registry()).arg("--trust").arg(world.trust());
    Run::of(install).succeeds();
    fs_err::set_permissions(world.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    fs_err::set_permissions(scratch.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let mut command = user.installer(&world);
    command.args(["test", "--json"]).env("TMPDIR", scratch.path());
    let run = Run::of(command).succeeds();
    let report = run.json();
    assert_eq!(
        (report["recorded"].as_str(), report["packs"][0]["passed"].as_u64()),
        (Some("failed"), Some(2))
    );
    assert_eq!(report["warnings"][0]["code"], "W016");
    // Nothing is left behind.
    assert_eq!(fs_err::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_directory_for_copies_that_is_not_there() {
    let world = installed();
    let mut command = world.command(Binary::Install);
    command.args(["test", "greeter", "--root"]).arg(world.root()).env("TMPDIR", "/nonexistent");
    Run::of(command).fails(1, &["could not make a directory for tests in `/nonexistent`"]).with_hint();
}

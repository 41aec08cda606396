//! The environments of what is installed: where they are, and whether they are whole.

use std::path::PathBuf;
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::world::standard;
use attune_tests::{Run, World};

fn env(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.arg("env").args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

fn installed() -> World {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    world
}

/// The file of that name in the environments of the store.
fn find(world: &World, name: &str) -> PathBuf {
    let envs = world.root().join("store/envs");
    let mut found = Command::new("find");
    found.arg("-L").arg(envs).args(["-path", &format!("*{name}")]);
    PathBuf::from(Run::of(found).succeeds().stdout.lines().next().unwrap())
}

#[test]
fn the_path_is_a_program_of_the_store() {
    let world = installed();
    let path = env(&world, &["path", "reporter"]).succeeds().stdout;
    let path = path.trim();
    assert!(path.contains("root/store/envs/") && path.ends_with("/bin/python"), "{path}");
    let mut python = Command::new(path);
    python.args(["-c", "import shout; print(shout.shout('it works'))"]);
    assert_eq!(Run::of(python).succeeds().stdout, "IT WORKS!\n");
    let listed = env(&world, &["list", "--json"]).succeeds().json();
    assert!(listed["environments"].as_array().unwrap().iter().any(|found| found["executable"] == path));
    assert!(env(&world, &["list"]).succeeds().stdout.contains("reporter"));
    env(&world, &["path", "greeter"])
        .fails(5, &["pack `greeter` has no environment for `python`"])
        .with_hint();
    env(&world, &["path", "reporter", "--runtime", "nodejs"]).fails(5, &["nodejs"]).with_hint();
}

#[test]
fn a_whole_environment_is_told_from_a_damaged_one() {
    let world = installed();
    let store = || attune_tests::Tree::of(&world.root().join("store"));
    let before = store();
    let run = world.verify(&[]).succeeds();
    assert!(run.stdout.contains("everything is as it was installed"), "{}", run.stdout);
    store().assert_same(&before);

    let module = find(&world, "shout/__init__.py");
    let honest = fs_err::read(&module).unwrap();
    fs_err::remove_file(&module).unwrap();
    let run = world.verify(&[]).fails(3, &["1 difference is in", "attune-install repair"]).with_hint();
    assert!(run.stdout.contains("missing ") && run.stdout.contains("shout/__init__.py"), "{}", run.stdout);
    fs_err::write(&module, "def shout(text): return 'changed'\n").unwrap();
    let report = world.verify(&["reporter", "--json"]);
    assert_eq!((report.status, &report.json()["differences"][0]["kind"]), (Some(3), &"changed".into()));
    fs_err::write(&module, honest).unwrap();
    let read_only = std::os::unix::fs::PermissionsExt::from_mode(0o444);
    fs_err::set_permissions(&module, read_only).unwrap();
    world.verify(&[]).succeeds();

    let script = find(&world, "bin/shout");
    fs_err::write(&script, "#!/bin/sh\n").unwrap();
    assert!(world.verify(&["reporter"]).fails(3, &[]).stdout.contains("bin/shout"));
    // Another pack's is not looked at.
    world.verify(&["greeter"]).succeeds();
    env(&world, &["verify", "reporter"]).fails(2, &["`env verify` is a part of `verify` now"]).with_hint();
}

#[test]
fn an_interpreter_that_is_gone_is_told() {
    let world = installed();
    let listed = env(&world, &["list", "--json"]).succeeds().json();
    let reporter =
        listed["environments"].as_array().unwrap().iter().find(|found| found["ref"] == "reporter").unwrap();
    let python = PathBuf::from(reporter["store"].as_str().unwrap()).join("bin/python");
    fs_err::remove_file(&python).unwrap();
    std::os::unix::fs::symlink("/nonexistent/python", &python).unwrap();
    let run = world.verify(&[]).fails(3, &["1 difference is in"]);
    assert!(run.stdout.contains("bin/python -> /nonexistent/python, not "), "{}", run.stdout);
}

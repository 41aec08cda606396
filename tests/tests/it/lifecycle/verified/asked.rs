//! How verification is asked for, what it says, and that it changes nothing.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::{Run, Tree, World};

use super::{change_in_silence, host, real, report};

#[test]
fn a_pack_or_root_that_is_not_there_is_an_error_and_creates_nothing() {
    let world = host();
    world.verify(&["nopack"]).fails(4, &["pack `nopack` is not installed\n"]).with_hint();
    world.verify(&["greetr"]).fails(4, &["is not installed; did you mean `greeter`?"]).with_hint();
    let run = |root: &str| {
        let mut command = world.command(Binary::Install);
        command.args(["verify", "--root", root]);
        Run::of(command)
    };
    run("nowhere").fails(1, &["nowhere` does not exist"]).with_hint();
    assert!(!world.path().join("nowhere").exists());
    let before = Tree::of(&world.path().join("packs"));
    run("packs").fails(1, &["nothing was ever installed to"]).with_hint();
    Tree::of(&world.path().join("packs")).assert_same(&before);
    run("bundle.tar.zst").fails(1, &["bundle.tar.zst"]);
}

#[test]
fn nothing_is_written_and_the_lock_is_not_asked_for() {
    let world = host();
    let lock = fs_err::File::options().write(true).open(world.root().join("state/lock")).unwrap();
    lock.file().lock().unwrap();
    let before = world.root_tree();
    world.verify(&[]).succeeds();
    change_in_silence(&real(&world, "packs/greeter/pack.yaml"));
    let damaged = world.root_tree();
    report(&world, &[]);
    world.root_tree().assert_same(&damaged);
    drop(before);
}

#[test]
fn another_user_verifies_a_root_that_it_may_not_write() {
    let world = host();
    let can_switch = Command::new("setpriv").arg("--version").output().is_ok_and(|run| run.status.success());
    if !rustix::process::geteuid().is_root() || !can_switch {
        eprintln!("skipped: nobody else can be had here");
        return;
    }
    // Where no home of another user is above it.
    let place = tempfile::tempdir().unwrap();
    for directory in [place.path(), world.path()] {
        fs_err::set_permissions(directory, Permissions::from_mode(0o755)).unwrap();
    }
    let program = place.path().join("attune-install");
    fs_err::copy(Binary::Install.path(), &program).unwrap();
    let before = world.root_tree();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
    world.prepare(&mut command);
    command.args(["verify", "--json", "--root"]).arg(world.root());
    let run = Run::of(command);
    // An interpreter in a home that it may not enter is told, and nothing else.
    let differences = run.json()["differences"].clone();
    for difference in differences.as_array().unwrap() {
        assert_eq!(difference["part"], "interpreter", "{difference}");
    }
    world.root_tree().assert_same(&before);
}

#[test]
fn one_pack_is_verified_alone() {
    let world = host();
    change_in_silence(&real(&world, "packs/greeter/pack.yaml"));
    world.verify(&["weaver", "knitter"]).succeeds();
    let found = report(&world, &["greeter"]);
    assert_eq!(found["packs"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&found["packs"][0]["ref"], &found["packs"][0]["differences"]),
        (&"greeter".into(), &1.into())
    );
}

#[test]
fn environments_are_verified_alone() {
    let world = host();
    change_in_silence(&real(&world, "packs/greeter/pack.yaml"));
    world.verify(&["--environments"]).succeeds();
    change_in_silence(&real(&world, "packenvs/reporter/python/bin/shout"));
    assert_eq!(report(&world, &["--environments"])["differences"].as_array().unwrap().len(), 1);
}

#[test]
fn a_quiet_verification_says_nothing_of_what_is_whole() {
    let world = host();
    let run = world.verify(&["--quiet"]).succeeds();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    change_in_silence(&real(&world, "packs/greeter/pack.yaml"));
    let run = world.verify(&["--quiet"]).fails(3, &["1 difference is in"]);
    assert_eq!(run.stdout, "");
}

#[test]
fn many_differences_are_counted_and_shown_on_request() {
    let world = host();
    let pack = real(&world, "packs/greeter");
    super::open(&pack);
    for number in 0..60 {
        fs_err::write(pack.join(format!("foreign-{number}")), "x").unwrap();
    }
    let run = world.verify(&[]).fails(3, &["60 differences are in"]);
    assert!(run.stdout.contains("(and 59 more like it; -v shows all)"), "{}", run.stdout);
    assert_eq!(world.verify(&["-v"]).stdout.matches("greeter: foreign").count(), 60);
}

#[test]
fn the_former_command_names_the_new_one() {
    let world = World::new();
    let mut command = world.command(Binary::Install);
    command.args(["env", "verify", "--root", "anywhere", "--json"]);
    let told = Run::of(command);
    assert_eq!(told.status, Some(2), "{}", told.stderr);
    let told: serde_json::Value = serde_json::from_str(&told.stderr).unwrap();
    assert_eq!(told["error"]["message"], "`env verify` is a part of `verify` now");
    assert_eq!(told["error"]["code"], "U007");
}

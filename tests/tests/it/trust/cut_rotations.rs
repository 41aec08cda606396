//! Changes of keys that are cut off after each file that they write: the registry stays one that everybody
//! reads, and the next command finishes the change.

use std::path::{Path, PathBuf};
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::greeter;
use attune_tests::{Run, Tree, World};

/// A change of keys, as the arguments of `attune-build`.
pub(super) const CHANGES: [&[&str]; 7] = [
    &["key", "rotate", "--role", "root"],
    &["key", "rotate", "--role", "targets"],
    &["key", "rotate", "--role", "snapshot"],
    &["key", "rotate", "--role", "timestamp"],
    &["key", "rotate", "--role", "bins"],
    &["root", "prepare", "--threshold", "targets=2"],
    &["key", "remove", "--role", "targets", "--yes"],
];

/// A registry with bins, and two keys for its targets.
pub(super) fn registry() -> World {
    let world = World::new();
    world.build(["init", "registry", "--name", "demo", "--bins", "2"]).succeeds();
    world.build(["key", "generate", "registry.keys/second.key.json"]).succeeds();
    let public = "registry.keys/second.key.pub.json";
    world.build(["key", "add", "registry", public, "--role", "targets"]).succeeds();
    world.add(&[&greeter()]).succeeds();
    world
}

pub(super) fn copy(from: &Path, to: &Path) {
    let mut command = Command::new("cp");
    command.arg("-a").arg(from).arg(to);
    Run::of(command).succeeds();
}

/// Installs the pack from the registry at `path` into the root `host`.
fn install(world: &World, path: &Path, host: &Path) -> Run {
    let mut command = world.command(Binary::Install);
    command.arg("greeter").arg("--registry").arg(path).arg("--root").arg(host);
    command.arg("--trust").arg(world.trust());
    Run::of(command)
}

/// Carries `change` out, and returns the files that it wrote, in their order.
pub(super) fn carry_out(world: &World, change: &[&str]) -> Vec<String> {
    let mut arguments = vec![change[0], change[1], "registry"];
    let id = world.build(["key", "list", "registry", "--json"]).succeeds().json();
    let first = id["keys"].as_array().unwrap().iter().find(|key| key["role"] == "targets").unwrap();
    let id = first["id"].as_str().unwrap().to_owned();
    if change[1] == "remove" {
        arguments.push(&id);
    }
    let run = world.build(arguments.into_iter().chain(change[2..].iter().copied()).chain(["--json"]));
    let report = run.succeeds().json();
    report["metadata"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// The registry before the change with the first `count` of the files that were written.
pub(super) fn cut(world: &World, before: &Path, written: &[String], count: usize) -> PathBuf {
    let place = world.path().join(format!("cut-{count}"));
    copy(before, &place);
    for name in &written[..count] {
        fs_err::copy(world.registry().join("metadata").join(name), place.join("metadata").join(name))
            .unwrap();
    }
    let root = written.iter().find(|name| name.ends_with(".root.json"));
    if let Some(root) = root.filter(|_| written.len() > 1) {
        fs_err::copy(world.registry().join("metadata").join(root), place.join(".next-root.json")).unwrap();
    }
    place
}

#[test]
fn a_cut_change_of_keys_is_read_by_everybody_and_finished_by_the_next_command() {
    for change in CHANGES {
        let world = registry();
        let (known, before) = (world.path().join("known"), world.path().join("before"));
        install(&world, &world.registry(), &known).succeeds();
        copy(&world.registry(), &before);
        let written = carry_out(&world, change);
        for count in 0..=written.len() {
            let place = cut(&world, &before, &written, count);
            let name = format!("{change:?} after {count} of {written:?}");
            let [new, old] = ["new", "old"].map(|who| world.path().join(format!("{who}-{count}")));
            copy(&known, &old);
            for host in [&new, &old] {
                let run = install(&world, &place, host);
                assert_eq!(run.status, Some(0), "{name}: {}", run.stderr);
            }
            let mut refresh = world.command(Binary::Build);
            refresh.arg("refresh").arg(&place).arg("--keys").arg(world.keys());
            let run = Run::of(refresh).succeeds();
            let is_root_late =
                written.len() > 1 && !written[..count].iter().any(|name| name.ends_with(".root.json"));
            let has_root = written.iter().any(|name| name.ends_with(".root.json"));
            assert_eq!(
                run.stderr.contains("was completed"),
                is_root_late && has_root,
                "{name}: {}",
                run.stderr
            );
            assert!(!place.join(".next-root.json").exists(), "{name}");
            for host in [&new, &old] {
                let run = install(&world, &place, host);
                assert_eq!(run.status, Some(0), "{name}, finished: {}", run.stderr);
            }
        }
    }
}

#[test]
fn metadata_of_keys_that_were_taken_away_is_not_signed_anew() {
    for role in ["targets", "snapshot", "timestamp"] {
        let world = registry();
        let before = world.path().join("before");
        copy(&world.registry().join("metadata"), &before);
        carry_out(&world, &["key", "rotate", "--role", role]);
        // Whoever stole the old keys puts back what they signed; only the roots stay.
        let timestamp = world.registry().join("metadata/timestamp.json");
        fs_err::copy(before.join("timestamp.json"), timestamp).unwrap();
        let tree = Tree::of(&world.registry()).without_touched();
        world.build(["refresh", "registry"]).fails(3, &["is not signed by the keys of its role"]).with_hint();
        let add = world.add(&[&greeter().version("2.0.0")]);
        add.fails(3, &["is not signed by the keys of its role"]).with_hint();
        Tree::of(&world.registry()).without_touched().assert_same(&tree);
    }
}

#[test]
fn a_root_that_was_published_before_what_it_signs_is_made_good() {
    let world = registry();
    let before = world.path().join("before");
    copy(&world.registry(), &before);
    carry_out(&world, &["key", "rotate", "--role", "timestamp"]);
    let root = "metadata/3.root.json";
    fs_err::copy(world.registry().join(root), before.join(root)).unwrap();
    let host = world.path().join("host");
    install(&world, &before, &host).fails(3, &["timestamp.json"]);
    let mut add = world.command(Binary::Build);
    add.arg("refresh").arg(&before).arg("--keys").arg(world.keys());
    let run = Run::of(add).succeeds();
    assert!(
        run.stderr.contains("the change to root 3, which was interrupted, was completed"),
        "{}",
        run.stderr
    );
    install(&world, &before, &host).succeeds();
}

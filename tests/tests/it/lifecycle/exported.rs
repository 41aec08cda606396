//! `export`: a bundle of what is installed, which another host installs that trusts the registry.

use std::path::PathBuf;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{PackBuilder, Run, World};

fn world() -> World {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    world.install_packs(&["reporter", "watcher"]).succeeds();
    world
}

fn exported(world: &World) -> PathBuf {
    world.path().join("exported.tar.zst")
}

fn export(world: &World, arguments: &[&str]) -> Run {
    let path = exported(world);
    world.install([&["export", "-o", path.to_str().unwrap()], arguments].concat())
}

/// Installs the exported bundle on another host.
fn install_elsewhere(world: &World) -> Run {
    let mut command = world.command(Binary::Install);
    command.arg(exported(world)).arg("--trust").arg(world.trust());
    command.arg("--root").arg(world.path().join("elsewhere"));
    Run::of(command)
}

#[test]
fn what_is_installed_is_installed_on_another_host() {
    let world = world();
    // What is installed counts, not what is newest.
    world.add(&[&watcher().version("2.0.0")]).succeeds();
    let registry = world.registry();
    let before = world.root_tree();
    let report = export(&world, &["--from", registry.to_str().unwrap(), "--json"]).succeeds().json();
    assert_eq!(report["registry"], "demo");
    assert_eq!(report["size"], fs_err::metadata(exported(&world)).unwrap().len());
    world.root_tree().assert_same(&before);
    install_elsewhere(&world).succeeds();
    let mut command = world.command(Binary::Install);
    command.args(["list", "--json", "--root"]).arg(world.path().join("elsewhere"));
    let list = Run::of(command).succeeds().json();
    let packs: Vec<_> = list["packs"].as_array().unwrap().iter().map(|pack| &pack["version"]).collect();
    assert_eq!(packs, ["1.0.0", "1.0.0", "1.0.0"]);
    let names: Vec<String> = fs_err::read_dir(world.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.iter().all(|name| !name.starts_with(".incoming-")), "{names:?}");
}

#[test]
fn a_bundle_serves_as_a_source_and_only_what_was_named_goes() {
    let world = world();
    world.bundle(&["reporter", "watcher"]).succeeds();
    let bundle = world.bundle_path();
    let report =
        export(&world, &["reporter", "--from", bundle.to_str().unwrap(), "--json"]).succeeds().json();
    let packs: Vec<_> = report["releases"].as_array().unwrap().iter().map(|pack| &pack["ref"]).collect();
    assert_eq!(packs, ["greeter", "reporter"], "with what it needs");
    install_elsewhere(&world).succeeds();
}

#[test]
fn after_a_change_of_keys_a_host_with_the_first_root_follows() {
    let world = world();
    let registry = world.registry();
    let changed = world.build(["key", "rotate", registry.to_str().unwrap(), "--role", "targets"]);
    changed.succeeds();
    export(&world, &["--from", registry.to_str().unwrap()]).succeeds();
    install_elsewhere(&world).succeeds();
}

#[test]
fn what_the_source_lacks_is_named() {
    let world = world();
    world.bundle(&["greeter"]).succeeds();
    let bundle = world.bundle_path();
    let run = export(&world, &["--from", bundle.to_str().unwrap()]);
    run.fails(4, &["error[R002]", "reporter 1.0.0, watcher 1.0.0"]).with_hint();
    assert!(!exported(&world).exists());
}

#[test]
fn packs_that_this_host_signed_are_refused_by_name() {
    let world = world();
    let slack = PackBuilder::new("slack", "1.0.0").action("post", "shell", "#!/bin/sh\necho posted\n");
    let directory = slack.write(&world.path().join("sources"));
    world.install([directory.to_str().unwrap(), "--allow-unsigned"]).succeeds();
    let registry = world.registry();
    let from = ["--from", registry.to_str().unwrap()];
    export(&world, &from).fails(3, &["error[T022]", "`slack`"]).with_hint();
    export(&world, &[&["watcher"], &from[..]].concat()).succeeds();
}

#[test]
fn packs_of_several_registries_are_no_bundle() {
    let world = world();
    let other = World::new();
    other.init("other").succeeds();
    other.add(&[&PackBuilder::new("lamp", "1.0.0").action("on", "shell", "#!/bin/sh\n")]).succeeds();
    let (registry, trust) = (other.registry(), other.trust());
    let from_other = ["--registry", registry.to_str().unwrap(), "--trust", trust.to_str().unwrap()];
    world.install([&["lamp"], &from_other[..]].concat()).succeeds();
    let registry = world.registry();
    let from = ["--from", registry.to_str().unwrap()];
    export(&world, &from).fails(3, &["error[R008]", "`demo`", "`other` (`lamp`)"]).with_hint();
    export(&world, &[&["lamp"], &from[..]].concat()).fails(3, &["error[R008]", "`other`"]).with_hint();
    export(&world, &[&["watcher"], &from[..]].concat()).succeeds();
}

#[test]
fn a_file_that_is_there_stays_unless_force_is_given() {
    let world = world();
    fs_err::write(exported(&world), "precious").unwrap();
    let registry = world.registry();
    let from = ["--from", registry.to_str().unwrap()];
    export(&world, &from).fails(1, &["error[B030]", "already"]).with_hint();
    assert_eq!(fs_err::read(exported(&world)).unwrap(), b"precious");
    export(&world, &[&from[..], &["--force"]].concat()).succeeds();
    install_elsewhere(&world).succeeds();
}

#[test]
fn a_source_that_nobody_trusts_is_refused() {
    let world = world();
    let other = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    let registry = other.registry();
    // It bears the same name.
    export(&world, &["--from", registry.to_str().unwrap()]).fails(3, &[]).with_hint();
    assert!(!exported(&world).exists());
}

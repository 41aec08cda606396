//! `upgrade`: installed packs become newer, and nothing else changes.

use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{Hosts, World};

/// A host with `reporter` and what it needs, and newer releases of both in its registry.
fn world() -> World {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.install_packs(&["reporter"]).succeeds();
    world.add(&[&greeter().version("1.1.0"), &reporter().version("1.1.0"), &watcher()]).succeeds();
    world
}

fn upgrade(world: &World, arguments: &[&str]) -> attune_tests::Run {
    let mut command = world.installer();
    command.arg("upgrade").args(arguments).arg("--registry").arg(world.registry());
    attune_tests::Run::of(command)
}

#[test]
fn everything_that_is_installed_becomes_newer_and_nothing_else_comes() {
    let world = world();
    upgrade(&world, &[]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.1.0"]);
    let packs = world.list();
    let why = packs["packs"].as_array().unwrap().iter().map(|pack| pack["requested"].as_bool().unwrap());
    assert_eq!(why.collect::<Vec<_>>(), [false, true], "an upgrade asks for nothing new");
    let again = upgrade(&world, &["--json"]).succeeds().json();
    assert_eq!((&again["outcome"], &again["generation"]), (&"unchanged".into(), &2.into()));
}

#[test]
fn one_pack_alone_becomes_newer() {
    let world = world();
    let report = upgrade(&world, &["greeter", "--json"]).succeeds().json();
    assert_eq!(report["packs"][0]["change"], "upgraded");
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0"]);
}

#[test]
fn a_requirement_says_how_far() {
    let world = world();
    world.add(&[&greeter().version("1.2.0")]).succeeds();
    upgrade(&world, &["greeter@~1.1"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0"]);
}

#[test]
fn a_release_that_others_cannot_use_is_not_chosen() {
    let world = world();
    world.add(&[&greeter().version("2.0.0")]).succeeds();
    upgrade(&world, &["greeter"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0"]);
    let run = upgrade(&world, &["greeter@^2"]).fails(4, &["reporter", "greeter"]);
    run.with_hint();
}

#[test]
fn a_pack_that_is_not_installed_is_no_upgrade() {
    let world = world();
    upgrade(&world, &["watcher"]).fails(4, &["`watcher` is not installed"]).with_hint();
    upgrade(&world, &["greter"]).fails(4, &["did you mean `greeter`?"]);
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0"]);
}

#[test]
fn a_bundle_upgrades_those_of_its_packs_that_are_installed() {
    let world = world();
    world.bundle(&["greeter", "watcher"]).succeeds();
    let mut command = world.installer();
    command.arg("upgrade").arg(world.bundle_path());
    attune_tests::Run::of(command).succeeds();
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0"]);
}

#[test]
fn failing_tests_leave_the_old_version_running() {
    let world = world();
    let broken = greeter().version("1.2.0").action("greet", "shell", "#!/bin/sh\nexit 1\n");
    world.add(&[&broken]).succeeds();
    upgrade(&world, &["greeter"]).fails(6, &["greeter"]).with_hint();
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0"]);
    let failed = world.install(["history", "--failed", "--json"]).succeeds().json();
    assert_eq!(failed["failed"][0]["kind"], "upgrade");
    assert!(failed["failed"][0]["error"].as_str().unwrap().contains("greeter"));
}

#[test]
fn an_upgrade_of_another_registry_is_refused() {
    let hosts = Hosts::new();
    let world = hosts.used();
    let other = World::with_packs(&[&attune_tests::PackBuilder::new("early_bird", "9.0.0")]);
    let mut command = world.installer();
    command
        .args(["upgrade", "early_bird", "--registry"])
        .arg(other.registry())
        .arg("--trust")
        .arg(other.trust());
    attune_tests::Run::of(command).fails(3, &["early"]).with_hint();
    hosts.assert_unchanged();
}

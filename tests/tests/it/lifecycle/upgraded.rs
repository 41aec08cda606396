//! `upgrade`: installed packs become newer, and nothing else changes.

use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{Hosts, PackBuilder, PrivateServer, Reply, World};

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

/// A server of the files of the registry of `world`.
fn served(world: &World) -> PrivateServer {
    let registry = world.registry();
    PrivateServer::start(move |asked| {
        let path = asked.target.trim_start_matches('/').replace("%25", "%");
        fs_err::read(registry.join(path)).map_or_else(|_| Reply::new(404, ""), |body| Reply::new(200, body))
    })
}

#[test]
fn what_stays_as_it_is_is_not_asked_for() {
    let pack = |number: usize, version: &str| {
        PackBuilder::new(&format!("pack_{number:02}"), version).action("run", "shell", "#!/bin/sh\n")
    };
    let needing =
        PackBuilder::new("poster", "1.0.0").depends_on("pack_00@^1").action("go", "shell", "#!/bin/sh\n");
    let packs: Vec<PackBuilder> = (0..30).map(|number| pack(number, "1.0.0")).chain([needing]).collect();
    let world = World::with_packs(&packs.iter().collect::<Vec<_>>());
    let names: Vec<String> =
        (0..30).map(|number| format!("pack_{number:02}")).chain(["poster".to_owned()]).collect();
    world.install_packs(&names.iter().map(String::as_str).collect::<Vec<_>>()).succeeds();
    world.add(&[&pack(0, "1.1.0"), &pack(1, "1.1.0")]).succeeds();
    let server = served(&world);
    let mut command = world.installer();
    command.args(["upgrade", "pack_00", "--registry", server.url("/").as_str()]);
    attune_tests::Run::of(command).succeeds();
    let indexes = server.asked().iter().filter(|asked| asked.target.contains("/packs/")).count();
    assert_eq!(
        indexes,
        1,
        "{:?}",
        server.asked().iter().map(|asked| asked.target.clone()).collect::<Vec<_>>()
    );
    let installed = world.installed();
    assert!(
        installed.contains(&"pack_00 1.1.0".to_owned()) && installed.contains(&"pack_01 1.0.0".to_owned())
    );
}

#[test]
fn what_another_needs_becomes_newer_with_it_where_the_installed_one_will_not_do() {
    let needing = |version: &str, dependency: &str| {
        PackBuilder::new("poster", version).depends_on(dependency).action("go", "shell", "#!/bin/sh\n")
    };
    let world = World::with_packs(&[&greeter(), &needing("1.0.0", "greeter@^1")]);
    world.install_packs(&["poster"]).succeeds();
    world.add(&[&greeter().version("2.0.0"), &needing("2.0.0", "greeter@^2")]).succeeds();
    world.add(&[&needing("1.5.0", "greeter@^1")]).succeeds();
    upgrade(&world, &["poster"]).succeeds();
    assert_eq!(world.installed(), ["greeter 2.0.0", "poster 2.0.0"]);
}

//! Signed packs and others on one host.

use attune_tests::standard_packs::greeter;
use attune_tests::{PackBuilder, World};

use super::{install, slack, written};

fn needing(dependency: &str) -> PackBuilder {
    PackBuilder::new("poster", "1.0.0").depends_on(dependency).action("go", "shell", "#!/bin/sh\n")
}

fn knowing_registry() -> World {
    let world = World::with_packs(&[&greeter(), &slack("1.0.0")]);
    let (registry, trust) = (world.registry(), world.trust());
    world
        .install([
            "registry".as_ref(),
            "add".as_ref(),
            registry.as_os_str(),
            "--trust".as_ref(),
            trust.as_os_str(),
        ])
        .succeeds();
    world
}

#[test]
fn dependencies_come_signed_from_the_registries_that_the_host_knows() {
    let world = knowing_registry();
    let pack = written(&world, "made", &needing("greeter@^1"));
    install(&world, &[&pack]).succeeds();
    let packs = world.list();
    let marks: Vec<_> = packs["packs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pack| (pack["ref"].clone(), pack["unsigned"].clone()))
        .collect();
    assert_eq!(marks, [("greeter".into(), false.into()), ("poster".into(), true.into())]);
    world.verify(&[]).succeeds();
}

#[test]
fn a_dependency_that_is_nowhere_is_named() {
    let world = World::new();
    let pack = written(&world, "made", &needing("greeter@^1"));
    install(&world, &[&pack]).fails(4, &["greeter"]).with_hint();
    assert!(!world.root().exists());
}

#[test]
fn a_signed_pack_is_replaced_only_where_that_is_asked_for() {
    let world = knowing_registry();
    world.install(["slack"]).succeeds();
    let before = world.root_tree().without_touched();
    let pack = written(&world, "made", &slack("9.0.0"));
    install(&world, &[&pack]).fails(3, &["this-host", "--change-registry"]);
    world.root_tree().without_touched().assert_same(&before);
    install(&world, &[&pack, "--change-registry"]).succeeds();
    assert_eq!(world.list()["packs"][0]["unsigned"], true);

    // And back.
    world.install(["slack"]).fails(3, &["this-host", "--allow-unsigned"]);
    world.install(["slack", "--change-registry"]).succeeds();
    assert_eq!(world.list()["packs"][0]["unsigned"], false);
    assert_eq!(world.installed(), ["slack 1.0.0"]);
}

#[test]
fn an_upgrade_of_everything_leaves_them_alone() {
    let world = knowing_registry();
    let pack = written(&world, "made", &slack("0.9.0"));
    install(&world, &[&pack]).succeeds();
    world.install(["greeter"]).succeeds();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install(["upgrade"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.1.0", "slack 0.9.0"]);
    world.install(["upgrade", "slack"]).fails(3, &["this-host"]).with_hint();
}

#[test]
fn a_pack_of_the_same_name_in_a_registry_is_not_taken_for_it() {
    let world = knowing_registry();
    let pack = written(&world, "made", &slack("0.9.0"));
    install(&world, &[&pack]).succeeds();
    let dependent = written(&world, "dependent", &needing("slack@*"));
    install(&world, &[&dependent]).succeeds();
    assert_eq!(world.installed(), ["poster 1.0.0", "slack 0.9.0"]);
}

#[test]
fn nobody_else_is_taken_for_this_host() {
    let world = World::new();
    let pack = written(&world, "made", &slack("1.0.0"));
    install(&world, &[&pack]).succeeds();
    let local = world.root().join("state/local/registry");
    let root = local.join("metadata/1.root.json");
    let other = World::new();
    let words = &["this-host", "error[T023]"];
    other.install(["trust".as_ref(), "add".as_ref(), root.as_os_str()]).fails(3, words).with_hint();
    other
        .install([
            "registry".as_ref(),
            "add".as_ref(),
            local.as_os_str(),
            "--trust".as_ref(),
            root.as_os_str(),
        ])
        .fails(3, words);
    other
        .install([
            "slack".as_ref(),
            "--registry".as_ref(),
            local.as_os_str(),
            "--trust".as_ref(),
            root.as_os_str(),
        ])
        .fails(3, words);
    assert!(!other.root().exists());
    world.build(["init", "mine", "--name", "this-host"]).fails(2, &["this-host"]);
    assert!(!world.path().join("mine").exists());
}

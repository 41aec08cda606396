//! `attune-install trust`: whom a host trusts, shown and changed by hand.

use attune_schemas::Digest;
use attune_tests::binaries::Binary;
use attune_tests::standard_packs::greeter;
use attune_tests::world::standard;
use attune_tests::{Hosts, Run, World};
use serde_json::{Value, json};

/// Runs `attune-install trust` for the root of `world`.
fn trust(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.arg("trust").args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

fn listed(world: &World) -> Value {
    trust(world, &["list", "--json"]).succeeds().json()
}

fn standard_root() -> String {
    standard().trust().display().to_string()
}

#[test]
fn nobody_is_trusted_at_first() {
    let world = World::new();
    assert_eq!(listed(&world), json!([]));
    assert!(trust(&world, &["list"]).succeeds().stdout.contains("no registry is trusted"));
    assert!(world.root_tree().is_absent());
}

#[test]
fn a_registry_that_was_added_needs_no_trust_when_installing() {
    let world = World::new();
    let added = trust(&world, &["add", &standard_root(), "--json"]).succeeds().json();
    let digest = Digest::of(&fs_err::read(standard().trust()).unwrap()).to_string();
    assert_eq!(added[0]["registry"], "demo");
    assert_eq!(added[0]["rootVersion"], 1);
    assert_eq!(added[0]["rootDigest"], digest.as_str());
    assert_eq!(listed(&world), added);
    let table = trust(&world, &["list"]).succeeds().stdout;
    assert!(table.contains("demo") && table.contains(&digest), "{table}");
    // Once more changes nothing.
    let before = world.root_tree().without_touched();
    trust(&world, &["add", &standard_root()]).succeeds();
    world.root_tree().without_touched().assert_same(&before);
    world.install([standard().bundle_path()]).succeeds();
    assert_eq!(world.installed().len(), 3);
}

#[test]
fn another_root_of_a_trusted_name_is_not_added() {
    let world = World::new();
    trust(&world, &["add", &standard_root()]).succeeds();
    let before = world.root_tree().without_touched();
    let stranger = World::with_packs(&[&greeter()]);
    let root = stranger.trust().display().to_string();
    let run = trust(&world, &["add", &root]).fails(3, &["demo"]).with_hint();
    assert!(run.stderr.contains("trust reset"), "{}", run.stderr);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn a_registry_that_was_reset_is_trusted_no_more() {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let run = trust(&world, &["reset", "demo"]).succeeds();
    assert!(run.stdout.contains("`demo` is no longer trusted"), "{}", run.stdout);
    assert_eq!(listed(&world), json!([]));
    assert_eq!(world.installed().len(), 3, "what is installed stays");
    world
        .install([standard().bundle_path()])
        .fails(3, &["no root of registry `demo` is trusted"])
        .with_hint();
    // A stranger of the same name may be trusted now, and what was seen of the old one is forgotten.
    let stranger = World::with_packs(&[&greeter()]);
    trust(&world, &["add", &stranger.trust().display().to_string()]).succeeds();
    world.install([standard().bundle_path()]).fails(3, &["is not signed by whom it should be"]);
}

#[test]
fn resetting_a_registry_that_is_not_trusted() {
    let world = World::new();
    let run = trust(&world, &["reset", "demo"]).fails(1, &["no registry `demo` is trusted", "none"]);
    assert!(world.root_tree().is_absent(), "{}", run.stderr);
    trust(&world, &["add", &standard_root()]).succeeds();
    let before = world.root_tree().without_touched();
    trust(&world, &["reset", "dmeo"]).fails(1, &["no registry `dmeo` is trusted; trusted are demo"]);
    world.root_tree().without_touched().assert_same(&before);
    let run = trust(&world, &["reset", "../demo"]);
    assert_eq!(run.status, Some(2), "{}", run.stderr);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn a_key_in_place_of_a_root() {
    let hosts = Hosts::new();
    let bundle = standard().bundle_path();
    for role in ["root", "targets", "snapshot", "timestamp"] {
        let key = standard().keys().join(format!("{role}.json"));
        assert!(key.is_file(), "{}", key.display());
        let words = [&format!("keys/{role}.json"), "is not the root metadata of a registry", "never a key"];
        let run = hosts.refuse(3, &words, |host| host.install_from(&bundle, &key)).with_hint();
        let secret: Value = serde_json::from_slice(&fs_err::read(&key).unwrap()).unwrap();
        for text in texts(&secret).iter().filter(|text| text.len() > 20) {
            assert!(!run.stderr.contains(text), "the key is told: {}", run.stderr);
        }
        let name = key.display().to_string();
        hosts.refuse(3, &["never a key"], |host| trust(host, &["add", &name]));
    }
}

/// Every text in `value`.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn metadata_of_another_role_in_place_of_a_root() {
    let hosts = Hosts::new();
    let bundle = standard().bundle_path();
    for name in ["timestamp.json", "1.targets.json"] {
        let file = standard().registry().join("metadata").join(name);
        assert!(file.is_file(), "{name}");
        let words = [name, "is not the root metadata of a registry"];
        hosts.refuse(3, &words, |host| host.install_from(&bundle, &file)).with_hint();
    }
}

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
    trust(world, &["list", "--json"]).succeeds().json()["registries"].clone()
}

fn standard_root() -> String {
    standard().trust().display().to_string()
}

#[test]
fn nobody_is_trusted_at_first() {
    let world = World::new();
    trust(&world, &["list"]).fails(1, &["does not exist"]).with_hint();
    assert!(world.root_tree().is_absent());
    fs_err::create_dir_all(world.root().join("state")).unwrap();
    assert_eq!(listed(&world), json!([]));
    assert!(trust(&world, &["list"]).succeeds().stdout.contains("no registry is trusted"));
}

#[test]
fn a_registry_that_was_added_needs_no_trust_when_installing() {
    let world = World::new();
    let added = trust(&world, &["add", &standard_root(), "--json"]).succeeds().json();
    let digest = Digest::of(&fs_err::read(standard().trust()).unwrap()).to_string();
    assert_eq!(added["registry"], "demo");
    assert_eq!(added["rootVersion"], 1);
    assert_eq!(added["rootFingerprint"], digest.as_str());
    for field in ["registry", "rootVersion", "rootFingerprint", "rootExpiresAt"] {
        assert_eq!(listed(&world)[0][field], added[field]);
    }
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
    assert!(run.stderr.contains("trust remove"), "{}", run.stderr);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn a_registry_that_was_removed_is_trusted_no_more() {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let run = trust(&world, &["remove", "--yes", "demo"]).succeeds();
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
    world.install([standard().bundle_path()]).fails(3, &["is not signed by the keys of its role"]);
}

#[test]
fn changing_a_registry_that_is_not_trusted() {
    let world = World::new();
    let commands = ["remove", "show", "reset"];
    for command in commands {
        let run = trust(&world, &[command, "demo"]).fails(1, &["does not exist"]).with_hint();
        assert!(world.root_tree().is_absent(), "{}", run.stderr);
    }
    fs_err::create_dir_all(world.root().join("state")).unwrap();
    for command in commands {
        trust(&world, &[command, "demo"]).fails(1, &["no registry `demo` is trusted", "none"]);
    }
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
        let key = standard().keys().join(format!("{role}.key.json"));
        assert!(key.is_file(), "{}", key.display());
        let words =
            [&format!("keys/{role}.key.json"), "is not the root metadata of a registry", "never a key"];
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

#[test]
fn versions_that_were_reset_are_seen_no_more() {
    let world = World::with_packs(&[&greeter()]);
    world.bundle(&["greeter"]).succeeds();
    let old = world.path().join("old.tar.zst");
    fs_err::copy(world.bundle_path(), &old).unwrap();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.bundle(&["greeter"]).succeeds();
    world.install_bundle().succeeds();
    let run = world.install([old.as_os_str(), "--json".as_ref()]);
    assert!(run.status == Some(3) && run.stderr.contains(r#""verdict":"rolled-back""#), "{}", run.stderr);
    assert_eq!(listed(&world)[0]["registry"], "demo");
    trust(&world, &["reset", "--yes", "demo"]).succeeds();
    assert_eq!(listed(&world)[0]["registry"], "demo");
    world.install([&old]).succeeds();
}

#[test]
fn everything_that_is_remembered_of_a_registry_is_shown() {
    let world = World::new();
    trust(&world, &["add", &standard_root()]).succeeds();
    let show = |arguments: &[&str]| trust(&world, &[&["show", "demo"], arguments].concat()).succeeds();
    assert_eq!(show(&["--json"]).json()["seen"], json!([]));
    assert!(show(&[]).stdout.contains("nothing was seen of it yet"));
    world.install([standard().bundle_path()]).succeeds();
    let details = show(&["--json"]).json();
    assert_eq!(details["roles"][0]["role"], "root");
    assert_eq!(details["roles"][0]["threshold"], 1);
    let seen: Vec<_> = details["seen"].as_array().unwrap().iter().map(|seen| seen["role"].clone()).collect();
    assert_eq!(seen, ["timestamp", "snapshot", "targets"]);
    for role in details["seen"].as_array().unwrap() {
        assert!(role["expiresAt"].as_str().is_some_and(|expires| expires.ends_with('Z')), "{role}");
    }
    assert!(details["signedAt"].is_string() && details["rootFingerprint"].is_string());
    let text = show(&[]).stdout;
    assert!(text.contains("1 of 1") && text.contains("last signed"), "{text}");
}

#[test]
fn a_root_is_held_against_its_fingerprint() {
    let digest = attune_schemas::Digest::of(&fs_err::read(standard().trust()).unwrap()).to_string();
    let other = attune_schemas::Digest::of(b"other").to_string();
    let world = World::new();
    let (root, bundle) = (standard_root(), standard().bundle_path().display().to_string());
    let add = ["add", &root, "--trust-fingerprint", &other];
    trust(&world, &add).fails(3, &["has the fingerprint", &digest]).with_hint();
    world
        .install([&bundle, "--trust", &root, "--trust-fingerprint", &other])
        .fails(3, &["has the fingerprint"]);
    assert!(world.root_tree().is_absent());
    // The fingerprint alone vouches for the root that the bundle brings, and for no other.
    world
        .install([&bundle, "--trust-fingerprint", &other])
        .fails(3, &["has no root with the fingerprint"])
        .with_hint();
    assert!(world.root_tree().is_absent());
    world.install([&bundle, "--trust-fingerprint", &digest]).succeeds();
    trust(&world, &["add", &root, "--trust-fingerprint", &digest]).succeeds();
    assert_eq!(listed(&world)[0]["rootFingerprint"], digest.as_str());
    let run = trust(&world, &["add", &root, "--trust-fingerprint", "sha256:1234"]);
    assert_eq!(run.status, Some(2), "{}", run.stderr);
}

#[test]
fn a_trust_policy_accepts_stale_metadata_until_it_is_changed() {
    let old = World::new();
    old.sign_at(1_577_836_800);
    old.init("demo").succeeds();
    old.add(&[&greeter()]).succeeds();
    old.sign_at(1_577_836_800 + 86_400);
    old.bundle(&["greeter"]).succeeds();
    let (root, bundle) = (old.trust().display().to_string(), old.bundle_path());
    let world = World::new();
    trust(&world, &["add", &root]).succeeds();
    let run = world.install([bundle.as_os_str(), "--json".as_ref()]);
    assert!(run.status == Some(3) && run.stderr.contains(r#""verdict":"stale""#), "{}", run.stderr);
    trust(&world, &["add", &root, "--expiry-grace", "any"]).succeeds();
    assert_eq!(listed(&world)[0]["expiryGrace"], "any");
    let run = world.install([&bundle]).succeeds();
    assert!(run.stdout.contains("allowed by the registry's trust policy (any)"), "{}", run.stdout);
    trust(&world, &["add", &root, "--expiry-grace", "0d"]).succeeds();
    assert!(listed(&world)[0].get("expiryGrace").is_none());
    world.install([&bundle]).fails(3, &["stale: "]);
}

#[test]
fn a_clock_set_back_is_told() {
    let world = World::new();
    world.sign_at(4_102_444_800);
    world.init("demo").succeeds();
    world.add(&[&greeter()]).succeeds();
    world.bundle(&["greeter"]).succeeds();
    let run = world.install_bundle().succeeds();
    assert!(run.stderr.contains("the clock of this host is"), "{}", run.stderr);
    assert!(run.stderr.contains("the registry signed on 2100-01-01T00:00:00Z"), "{}", run.stderr);
}

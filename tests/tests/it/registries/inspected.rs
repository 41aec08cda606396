//! `inspect` on a host: what a bundle, a registry or a pack contains, and whether this host trusts it.

use std::io::Write as _;
use std::process::Stdio;

use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::world::standard;
use attune_tests::{PackBuilder, Run, World};
use serde_json::{Value, json};

use super::{know, publisher, run};

fn inspect(host: &World, arguments: &[&str]) -> Run {
    run(host, &[&["inspect"], arguments].concat())
}

fn refs(report: &Value) -> Vec<&str> {
    report["releases"].as_array().unwrap().iter().map(|release| release["ref"].as_str().unwrap()).collect()
}

#[test]
fn a_bundle_is_shown_with_what_is_installed_of_it() {
    let host = World::new();
    let bundle = standard().bundle_path();
    let bundle = bundle.to_str().unwrap();
    host.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let before = host.root_tree();
    let report = inspect(&host, &[bundle, "--json"]).succeeds().json();
    host.root_tree().assert_same(&before);
    assert_eq!(refs(&report), ["greeter", "reporter", "watcher"]);
    assert_eq!((&report["kind"], &report["registry"]), (&json!("bundle"), &json!("demo")));
    assert_eq!(report["trust"]["verified"], true);
    assert_eq!(report["roles"][0]["role"], "root");
    let reporter = &report["releases"][1];
    assert_eq!((&reporter["isInstalled"], &reporter["installedVersion"]), (&json!(true), &json!("1.0.0")));
    assert_eq!(reporter["dependencies"], json!({"greeter": "^1.0"}));
    assert_eq!(reporter["components"], json!({"actions": ["reporter.report"]}));
    assert_eq!(reporter["environments"]["python"], json!([{"name": "shout", "version": "1.0.0"}]));
    let text = inspect(&host, &[bundle]).succeeds().stdout;
    assert!(text.contains("keys that must sign: root 1 of 1, "), "{text}");
    assert!(text.contains("verified: this host trusts it") && text.contains("registry demo"), "{text}");
    // The builder tells the same in the same shape.
    let built = standard().build(["inspect", "--json", bundle]).succeeds().json();
    for field in ["registry", "firstRootFingerprint", "rootVersion", "rootFingerprint", "expiresAt", "bundle"]
    {
        assert_eq!(built[field], report[field], "{field}");
    }
    assert_eq!(built["releases"][1]["components"], reporter["components"]);
}

#[test]
fn a_bundle_that_nobody_vouches_for_is_said_not_to_be_verified() {
    let host = World::new();
    let bundle = standard().bundle_path();
    let bundle = bundle.to_str().unwrap();
    let report = inspect(&host, &[bundle, "--json"]).succeeds().json();
    assert_eq!((&report["trust"]["verified"], &report["trust"]["code"]), (&json!(false), &json!("T001")));
    assert_eq!(refs(&report).len(), 3);
    assert_eq!(report["releases"][0]["isInstalled"], false);
    assert!(host.root_tree().is_absent(), "a root that does not exist is not made");
    let text = inspect(&host, &[bundle]).succeeds().stdout;
    assert!(text.contains("not verified: no root of registry `demo`"), "{text}");
    let trust = standard().trust();
    let judged = inspect(&host, &[bundle, "--json", "--trust", trust.to_str().unwrap()]).succeeds().json();
    assert_eq!(judged["trust"]["verified"], true);
    assert!(host.root_tree().is_absent(), "the root that it was judged by is not kept");
    // A host that trusts another registry of the same name.
    let other = publisher("demo", &[&greeter()]);
    know(&host, &other);
    let report = inspect(&host, &[bundle, "--json"]).succeeds().json();
    assert_eq!(report["trust"]["verified"], false);
    assert!(report["trust"]["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{report}");
}

#[test]
fn an_expired_bundle_is_shown_and_not_verified() {
    let world = World::new();
    world.sign_at(1_600_000_000);
    world.init("demo").succeeds();
    world.add(&[&greeter()]).succeeds();
    world.bundle(&["greeter"]).succeeds();
    world.sign_at(0);
    let trust = world.trust();
    let arguments = ["bundle.tar.zst", "--json", "--trust", trust.to_str().unwrap()];
    let report = inspect(&world, &arguments).succeeds().json();
    assert_eq!((&report["trust"]["verified"], &report["trust"]["code"]), (&json!(false), &json!("T016")));
    let graced = inspect(&world, &[&arguments[..], &["--expiry-grace", "any"]].concat()).succeeds().json();
    assert_eq!(graced["trust"]["freshness"]["verdict"], "stale");
}

#[test]
fn a_pack_of_the_known_registries_is_shown_with_its_versions() {
    let (host, corp) = (World::new(), publisher("corp", &[&greeter(), &reporter()]));
    for version in ["1.1.0", "2.0.0-rc.1"] {
        corp.add(&[&greeter().version(version)]).succeeds();
    }
    know(&host, &corp);
    let report = inspect(&host, &["greeter", "--json"]).succeeds().json();
    assert_eq!(report["versions"], json!(["2.0.0-rc.1", "1.1.0", "1.0.0"]));
    assert_eq!((&report["releases"][0]["version"], &report["kind"]), (&json!("1.1.0"), &json!("registry")));
    let report = inspect(&host, &["greeter@=1.0.0", "--json"]).succeeds().json();
    assert_eq!(report["releases"][0]["version"], "1.0.0");
    let text = inspect(&host, &["reporter"]).succeeds().stdout;
    for words in ["greeter ^1.0", "1 action: reporter.report", "python: shout 1.0.0", "installed     no"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    inspect(&host, &["greeter@^3"]).fails(4, &["R002", "1.1.0"]).with_hint();
    inspect(&host, &["absent"]).fails(4, &["R001", "absent"]).with_hint();
}

#[test]
fn a_pack_without_a_registry_is_the_installed_one() {
    let world = World::with_packs(&[&greeter(), &watcher()]);
    world.install_packs(&["watcher"]).succeeds();
    let report = inspect(&world, &["watcher", "--json"]).succeeds().json();
    assert_eq!((&report["kind"], &report["releases"][0]["isInstalled"]), (&json!("installed"), &json!(true)));
    assert_eq!(report["trust"], Value::Null);
    inspect(&world, &["greeter"]).fails(4, &["H026"]);
    let registry = world.registry();
    inspect(&world, &["greeter", "--registry", registry.to_str().unwrap()]).succeeds();
}

#[test]
fn what_is_no_bundle_is_refused() {
    let host = World::new();
    fs_err::write(host.path().join("x.tar.zst"), "no bundle").unwrap();
    inspect(&host, &["x.tar.zst"]).fails(3, &["S008"]).with_hint();
    inspect(&host, &["absent.tar.zst"]).fails(2, &["S001"]);
    inspect(&host, &["https://h.invalid/x"]).fails(2, &["S006"]).with_hint();
    PackBuilder::new("greeter", "1.0.0").write(host.path());
    inspect(&host, &["./greeter"]).fails(2, &["S003"]).with_hint();
    inspect(&host, &["x.tar.zst", "--registry", "y"]).fails(2, &["U004"]);
}

#[test]
fn a_bundle_on_standard_input() {
    let host = World::new();
    let mut command = host.installer();
    command.args(["inspect", "-", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let bytes = fs_err::read(standard().bundle_path()).unwrap();
    // It may have seen enough before the end.
    let _ = child.stdin.take().unwrap().write_all(&bytes);
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["source"], report["releases"].as_array().unwrap().len()), (&json!("-"), 3));
}

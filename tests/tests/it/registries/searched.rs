//! `search`: what the registries have, each pack once, from the registry that an install takes it from.

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{PackBuilder, World};
use serde_json::{Value, json};

use super::{know, publisher, run};

fn pack(name: &str, version: &str) -> PackBuilder {
    PackBuilder::new(name, version)
}

fn with_keywords(name: &str, words: &str) -> PackBuilder {
    pack(name, "1.0.0").yaml(&format!("keywords: [{words}]"))
}

/// The packs that were found, as `shared 1.0.0 of corp`.
fn found(host: &World, arguments: &[&str]) -> Vec<String> {
    let report = run(host, &[&["search", "--json"], arguments].concat()).succeeds().json();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let packs = report["packs"].as_array().unwrap().iter();
    packs
        .map(|pack| {
            format!("{} {} of {}", text(&pack["ref"]), text(&pack["version"]), text(&pack["registry"]))
        })
        .collect()
}

/// A host that knows `corp` and then `team`, of which both have `shared`.
fn host() -> (World, World, World) {
    let corp = publisher("corp", &[&pack("shared", "1.0.0"), &with_keywords("resolver", "DNS, names")]);
    let team = publisher("team", &[&pack("shared", "2.0.0"), &with_keywords("tickets", "jira")]);
    let host = World::new();
    for publisher in [&corp, &team] {
        know(&host, publisher);
    }
    (host, corp, team)
}

#[test]
fn every_pack_is_told_once_with_the_registry_it_comes_from() {
    let (host, _corp, _team) = host();
    let all = ["resolver 1.0.0 of corp", "shared 1.0.0 of corp", "tickets 1.0.0 of team"];
    let before = host.root_tree();
    assert_eq!(found(&host, &[]), all);
    host.root_tree().assert_same(&before);
    assert_eq!(found(&host, &["--registry", "team"]), ["shared 2.0.0 of team", "tickets 1.0.0 of team"]);
    run(&host, &["registry", "order", "team"]).succeeds();
    assert_eq!(found(&host, &["shared"]), ["shared 2.0.0 of team"]);
    // One that is installed keeps to its registry, and so it is told.
    host.install(["shared", "--registry", "corp"]).succeeds();
    assert_eq!(found(&host, &["shared"]), ["shared 1.0.0 of corp"]);
    let report = run(&host, &["search", "shared", "--json"]).succeeds().json();
    assert_eq!(report["packs"][0]["installed"], "1.0.0");
    assert_eq!(report["packs"][0]["installedFrom"], "corp");
    assert_eq!(report["registries"], json!(["team", "corp"]));
    assert_eq!(found(&host, &["shared", "--registry", "team"]), ["shared 2.0.0 of team"]);
    let text = run(&host, &["search", "shared"]).succeeds().stdout;
    assert!(text.starts_with("PACK    VERSION  INSTALLED  REGISTRY  DESCRIPTION\n"), "{text}");
    assert!(text.contains("shared  1.0.0    1.0.0      corp      The pack shared"), "{text}");
}

#[test]
fn words_are_looked_for_in_all_that_describes_a_pack_whatever_their_case() {
    let (host, _corp, _team) = host();
    assert_eq!(found(&host, &["dns"]), ["resolver 1.0.0 of corp"]);
    assert_eq!(found(&host, &["THE PACK TICK"]), ["tickets 1.0.0 of team"]);
    assert_eq!(found(&host, &["nobody", "jira"]), ["tickets 1.0.0 of team"], "author and keyword");
    assert_eq!(found(&host, &["dns", "jira"]), [""; 0], "all words");
    let none = run(&host, &["search", "weather"]).succeeds();
    assert_eq!(none.stdout, "no pack that matches is in corp, team\n");
}

#[test]
fn prereleases_alone_are_no_newest_version() {
    let corp = publisher("corp", &[&pack("early", "2.0.0-rc.1"), &pack("late", "1.0.0")]);
    for version in ["1.10.0", "1.9.0", "2.0.0-rc.1"] {
        corp.add(&[&pack("late", version)]).succeeds();
    }
    let host = World::new();
    know(&host, &corp);
    assert_eq!(found(&host, &[]), ["early - of corp", "late 1.10.0 of corp"]);
    let report = run(&host, &["search", "late", "--json"]).succeeds().json();
    assert_eq!(report["packs"][0]["channels"], json!({"stable": "1.10.0"}));
}

#[test]
fn a_registry_that_cannot_be_read_ends_the_search() {
    let (host, corp, _team) = host();
    let aside = corp.path().join("aside");
    fs_err::rename(corp.registry(), &aside).unwrap();
    run(&host, &["search", "tickets"])
        .fails(1, &["registry `corp` at `", "none after it is asked"])
        .with_hint();
    assert_eq!(found(&host, &["tickets", "--registry", "team"]), ["tickets 1.0.0 of team"]);
    fs_err::rename(&aside, corp.registry()).unwrap();
    fs_err::write(corp.registry().join("metadata/timestamp.json"), "{}").unwrap();
    run(&host, &["search"]).fails(3, &["registry `corp`", "timestamp.json"]).with_hint();
}

#[test]
fn a_pack_index_that_was_exchanged_is_not_believed() {
    let (host, corp, _team) = host();
    let packs = corp.registry().join("packs");
    let index = fs_err::read_dir(packs).unwrap().map(|entry| entry.unwrap().path());
    for path in index.filter(|path| path.to_string_lossy().contains("resolver")) {
        let text = fs_err::read_to_string(&path).unwrap();
        fs_err::write(&path, text.replace("DNS", "XYZ")).unwrap();
    }
    run(&host, &["search"]).fails(3, &["registry `corp`", "packs/resolver.json"]);
}

#[test]
fn a_registry_that_was_not_made_known_needs_its_root() {
    let corp = publisher("corp", &[&pack("shared", "1.0.0")]);
    let host = World::new();
    run(&host, &["search"]).fails(2, &["the host knows no registry"]).with_hint();
    let directory = corp.registry();
    let directory = directory.to_str().unwrap();
    run(&host, &["search", "--registry", directory]).fails(3, &["vouches for"]).with_hint();
    let trust = corp.trust();
    let trust = trust.to_str().unwrap();
    let arguments = ["--registry", directory, "--trust", trust];
    assert_eq!(found(&host, &arguments), ["shared 1.0.0 of corp"]);
    assert!(host.root_tree().is_absent(), "nothing is kept of it");
    run(&host, &["search", "--trust", trust]).fails(2, &["the host knows no registry"]);
    know(&host, &corp);
    run(&host, &["search", "--trust", trust]).fails(2, &["without its bundle or registry"]).with_hint();
    run(&host, &["search", "--registry", "crop"]).fails(1, &["did you mean `corp`?"]).with_hint();
}

#[test]
fn a_registry_with_bins_is_searched_whole() {
    let corp = World::new();
    corp.build(["init", "registry", "--name", "corp", "--bins=16"]).succeeds();
    corp.add(&[&greeter(), &reporter()]).succeeds();
    let host = World::new();
    know(&host, &corp);
    assert_eq!(found(&host, &[]), ["greeter 1.0.0 of corp", "reporter 1.0.0 of corp"]);
    // An unpacked bundle has some bins alone, and what it carries.
    corp.bundle(&["greeter"]).succeeds();
    let unpacked = corp.path().join("unpacked");
    let mut command = std::process::Command::new("tar");
    fs_err::create_dir(&unpacked).unwrap();
    command.arg("--zstd").arg("-xf").arg(corp.bundle_path()).arg("-C").arg(&unpacked);
    if command.status().is_ok_and(|status| status.success()) {
        let unpacked = unpacked.to_str().unwrap();
        assert_eq!(found(&host, &["--registry", unpacked]), ["greeter 1.0.0 of corp"]);
    }
}

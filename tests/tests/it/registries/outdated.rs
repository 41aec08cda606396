//! `outdated`: the installed packs of which registries have newer releases, by the plan of an upgrade.

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{PackBuilder, Run, World};
use serde_json::Value;

use super::{know, publisher, run};

fn pack(name: &str, version: &str) -> PackBuilder {
    PackBuilder::new(name, version)
}

/// A host with `reporter` and what it needs, from a registry that it knows.
fn host() -> (World, World) {
    let corp = publisher("corp", &[&greeter(), &reporter()]);
    let host = World::new();
    know(&host, &corp);
    host.install(["reporter"]).succeeds();
    (host, corp)
}

/// What is told of the packs, as `greeter 1.0.0 1.1.0 2.0.0 outdated`.
fn told(host: &World, arguments: &[&str]) -> Vec<String> {
    let report = run(host, &[&["outdated", "--json"], arguments].concat()).succeeds().json();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let packs = report["packs"].as_array().unwrap().iter();
    packs
        .map(|pack| {
            let fields = ["ref", "installed", "wanted", "latest", "state"];
            fields.map(|field| text(&pack[field])).join(" ")
        })
        .collect()
}

#[test]
fn what_is_wanted_is_what_an_upgrade_installs() {
    let (host, corp) = host();
    let current = ["greeter 1.0.0 1.0.0 1.0.0 current", "reporter 1.0.0 1.0.0 1.0.0 current"];
    assert_eq!(told(&host, &[]), current);
    let text = run(&host, &["outdated", "--exit-code"]).succeeds().stdout;
    assert!(text.starts_with("everything is current in "), "{text}");

    // Of the greeter, the reporter needs ^1.
    for version in ["1.1.0", "2.0.0-rc.1", "2.0.0"] {
        corp.add(&[&greeter().version(version)]).succeeds();
    }
    let before = host.root_tree();
    let outdated = ["greeter 1.0.0 1.1.0 2.0.0 outdated", "reporter 1.0.0 1.0.0 1.0.0 current"];
    assert_eq!(told(&host, &[]), outdated);
    assert_eq!(told(&host, &["reporter"]), outdated[1..]);
    let text = run(&host, &["outdated"]).succeeds().stdout;
    assert!(text.contains("greeter  1.0.0      1.1.0   2.0.0   -     corp"), "{text}");
    assert!(!text.contains("reporter"), "{text}");
    let named = run(&host, &["outdated", "reporter"]).succeeds().stdout;
    assert!(named.contains("reporter  1.0.0      1.0.0   1.0.0"), "{named}");
    let failed = run(&host, &["outdated", "--exit-code"]).fails(1, &["error[H038]", "1 pack is outdated"]);
    assert!(
        failed.stdout.contains("1.1.0") && failed.stderr.contains("attune-install upgrade"),
        "{failed:?}"
    );
    run(&host, &["outdated", "reporter", "--exit-code"]).succeeds();
    host.root_tree().assert_same(&before);

    run(&host, &["upgrade"]).succeeds();
    assert_eq!(host.installed(), ["greeter 1.1.0", "reporter 1.0.0"]);
    // What keeps it from the latest one is another pack.
    let left = ["greeter 1.1.0 1.1.0 2.0.0 outdated", "reporter 1.0.0 1.0.0 1.0.0 current"];
    assert_eq!(told(&host, &[]), left);
    run(&host, &["outdated", "--exit-code"]).fails(1, &["upgrade the packs that need"]);
}

#[test]
fn packs_that_are_held_or_pinned_are_told_as_such() {
    let (host, corp) = host();
    corp.add(&[&greeter().version("1.1.0"), &reporter().version("1.1.0")]).succeeds();
    corp.add(&[&reporter().version("2.0.0")]).succeeds();
    run(&host, &["hold", "greeter"]).succeeds();
    run(&host, &["pin", "reporter", "^1"]).succeeds();
    let rules = ["greeter 1.0.0 1.0.0 1.1.0 outdated", "reporter 1.0.0 1.1.0 2.0.0 outdated"];
    assert_eq!(told(&host, &[]), rules);
    let text = run(&host, &["outdated"]).succeeds().stdout;
    assert!(text.contains("held") && text.contains("pinned to ^1"), "{text}");
    run(&host, &["upgrade"]).succeeds();
    assert_eq!(host.installed(), ["greeter 1.0.0", "reporter 1.1.0"]);
}

#[test]
fn packs_of_a_bundle_whose_registry_is_not_known_are_named() {
    let corp = publisher("corp", &[&greeter()]);
    let team = publisher("team", &[&pack("other", "1.0.0")]);
    let host = World::new();
    corp.bundle(&["greeter"]).succeeds();
    host.install_from(&corp.bundle_path(), &corp.trust()).succeeds();
    let unknown = ["greeter 1.0.0 - - registry-not-known"];
    assert_eq!(told(&host, &[]), unknown, "although the host knows no registry");
    let text = run(&host, &["outdated", "--exit-code"]).succeeds().stdout;
    assert_eq!(text, "registry `corp` was not asked, since its place is not known: greeter\n");

    know(&host, &team);
    host.install(["other"]).succeeds();
    team.add(&[&pack("other", "1.1.0")]).succeeds();
    assert_eq!(told(&host, &[]), [unknown[0], "other 1.0.0 1.1.0 1.1.0 outdated"]);
    assert_eq!(told(&host, &["greeter"]), unknown);
    // A registry that is named is asked alone.
    corp.add(&[&greeter().version("1.1.0")]).succeeds();
    let directory = corp.registry();
    let named = told(&host, &["--registry", directory.to_str().unwrap()]);
    assert_eq!(named, ["greeter 1.0.0 1.1.0 1.1.0 outdated", "other 1.0.0 - - registry-not-known"]);
}

#[test]
fn where_the_upgrade_fails_nothing_is_told_to_be_wanted() {
    let (host, corp) = host();
    corp.add(&[&reporter().version("1.1.0")]).succeeds();
    let mut command = host.command(Binary::Install);
    command.args(["outdated", "--python", "/no/such/python", "--root"]).arg(host.root());
    Run::of(command).fails(5, &["/no/such/python"]).with_hint();
    fs_err::rename(corp.registry(), corp.path().join("aside")).unwrap();
    run(&host, &["outdated"]).fails(1, &["registry `corp`", "cannot be read"]).with_hint();
}

#[test]
fn a_host_without_packs_and_a_pack_that_is_not_installed() {
    let (host, _corp) = host();
    run(&host, &["outdated", "greter"]).fails(4, &["did you mean `greeter`?"]);
    let empty = World::new();
    run(&empty, &["outdated"]).fails(1, &["does not exist"]).with_hint();
}

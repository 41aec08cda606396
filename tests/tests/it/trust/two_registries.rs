//! Packs of one name in two registries: a pack keeps to the registry that it was installed from.

use attune_tests::{PackBuilder, Run, Tree, World};
use serde_json::Value;

/// The pack that both registries have.
fn shared(registry: &str, version: &str) -> PackBuilder {
    PackBuilder::new("shared", version).file("README.md", format!("of {registry}\n"))
}

/// A registry called `name`.
fn registry(name: &str, packs: &[&PackBuilder]) -> World {
    let world = World::new();
    world.init(name).succeeds();
    world.add(packs).succeeds();
    world
}

/// A host with `shared` 1.0.0 from registry `one`.
fn host() -> World {
    let host = World::new();
    install(&host, &registry("one", &[&shared("one", "1.0.0")]), &["shared"]).succeeds();
    host
}

fn install(host: &World, publisher: &World, arguments: &[&str]) -> Run {
    let mut command = host.installer();
    command.args(arguments);
    command.arg("--registry").arg(publisher.registry()).arg("--trust").arg(publisher.trust());
    Run::of(command)
}

/// The tree of the root; whoever was refused is not even remembered.
fn tree(host: &World) -> Tree {
    host.root_tree().without_touched()
}

/// What `list --json` says of `shared`: its registry and version.
fn listed(host: &World) -> (String, String) {
    let list = host.list();
    let shared = list["packs"].as_array().unwrap().iter().find(|pack| pack["ref"] == "shared").unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&shared["registry"]), text(&shared["version"]))
}

fn readme(host: &World) -> String {
    fs_err::read_to_string(host.root().join("packs/shared/README.md")).unwrap()
}

#[test]
fn a_namesake_from_another_registry() {
    let host = host();
    let before = tree(&host);
    for version in ["0.9.0", "1.0.0", "2.0.0"] {
        let two = registry("two", &[&shared("two", version)]);
        let run = install(&host, &two, &["shared"]);
        let run = run.fails(3, &["pack `shared`", "from registry `one`", "from `two`"]).with_hint();
        assert!(run.stderr.contains("--change-registry"), "{}", run.stderr);
        tree(&host).assert_same(&before);
    }
}

#[test]
fn a_namesake_in_a_bundle_of_another_registry() {
    let host = host();
    let before = tree(&host);
    let two = registry("two", &[&shared("two", "2.0.0")]);
    two.bundle(&["shared"]).succeeds();
    let run = host.install_from(&two.bundle_path(), &two.trust());
    let run = run.fails(3, &["`shared`", "`one`", "`two`"]).with_hint();
    assert!(run.stderr.contains("--change-registry"), "{}", run.stderr);
    tree(&host).assert_same(&before);
}

#[test]
fn a_named_pack_changes_its_registry_when_it_is_asked_to() {
    for version in ["1.0.0", "2.0.0"] {
        let host = host();
        let two = registry("two", &[&shared("two", version)]);
        install(&host, &two, &["shared", "--change-registry"]).succeeds();
        assert_eq!(listed(&host), ("two".to_owned(), version.to_owned()));
        assert_eq!(readme(&host), "of two\n");
        // From now on it keeps to that one.
        let before = tree(&host);
        install(&host, &two, &["shared"]).succeeds();
        let third = registry("third", &[&shared("third", "3.0.0")]);
        install(&host, &third, &["shared"]).fails(3, &["from registry `two`", "from `third`"]);
        tree(&host).assert_same(&before);
    }
}

#[test]
fn an_older_namesake_is_taken_when_its_version_is_named() {
    let host = host();
    let two = registry("two", &[&shared("two", "0.9.0")]);
    install(&host, &two, &["shared@=0.9.0"]).fails(3, &["`shared`"]);
    install(&host, &two, &["shared@=0.9.0", "--change-registry"]).succeeds();
    assert_eq!(listed(&host), ("two".to_owned(), "0.9.0".to_owned()));
    assert_eq!(readme(&host), "of two\n");
}

#[test]
fn a_namesake_that_nobody_asked_for() {
    let host = host();
    let before = tree(&host);
    let bait = PackBuilder::new("bait", "1.0.0").depends_on("shared@^2");
    let two = registry("two", &[&shared("two", "2.0.0"), &bait]);
    install(&host, &two, &["bait"]).fails(4, &["bait", "shared"]).with_hint();
    tree(&host).assert_same(&before);
    // Only what is named may change its registry.
    install(&host, &two, &["bait", "--change-registry"]).fails(4, &["bait", "shared"]);
    tree(&host).assert_same(&before);
    install(&host, &two, &["bait", "shared", "--change-registry"]).succeeds();
    assert_eq!(listed(&host), ("two".to_owned(), "2.0.0".to_owned()));
    assert_eq!(readme(&host), "of two\n");
}

#[test]
fn a_namesake_that_nobody_asked_for_in_a_bundle() {
    let host = host();
    let before = tree(&host);
    let bait = PackBuilder::new("bait", "1.0.0").depends_on("shared@^2");
    let two = registry("two", &[&shared("two", "2.0.0"), &bait]);
    two.bundle(&["bait"]).succeeds();
    host.install_from(&two.bundle_path(), &two.trust()).fails(4, &["bait", "shared"]);
    tree(&host).assert_same(&before);
}

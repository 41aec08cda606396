//! Locks and tarballs of npm that are wrong or hostile: refused by name, and nothing is kept.

use attune_tests::metadata_forge::republish;
use attune_tests::{Hosts, NodePackage, NodeProject, PackBuilder, Tree, World};
use serde_json::{Value, json};
use tar::EntryType;

fn pack(project: &NodeProject) -> PackBuilder {
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]");
    project.in_pack(pack.action("run", "shell", "#!/bin/sh\n"), 3)
}

/// Asserts that a registry refuses the pack with `code` and a message that has all of `words`.
#[track_caller]
fn refuse(pack: &PackBuilder, code: i32, words: &[&str]) {
    let world = World::with_registry();
    let published = ["metadata", "packs", "blobs"].map(|part| world.registry().join(part));
    let before = published.each_ref().map(|part| Tree::of(part));
    world.add(&[pack]).fails(code, words).with_hint();
    for (part, before) in published.iter().zip(&before) {
        Tree::of(part).assert_same(before);
    }
}

fn with_package(package: &NodePackage) -> PackBuilder {
    pack(&NodeProject::new(&["evil@1"]).at("node_modules/evil", package))
}

fn with_entry(fields: &Value) -> PackBuilder {
    let package = NodePackage::new("evil", "1.0.0");
    pack(&NodeProject::new(&["evil@1"]).at_with("node_modules/evil", &package, fields))
}

fn evil() -> NodePackage {
    NodePackage::new("evil", "1.0.0")
}

#[test]
fn tarballs_with_devices() {
    let device = evil().entry(EntryType::Fifo, "package/pipe", "");
    refuse(&with_package(&device), 3, &["evil", "package/pipe", "special file"]);
}

#[test]
fn tarballs_with_paths_that_climb() {
    for path in ["package/../../evil.js", "../evil.js", "/etc/evil", "package/a/../../../b"] {
        refuse(&with_package(&evil().entry(EntryType::Regular, path, "x")), 3, &["`evil`", "hostile entry"]);
    }
}

#[test]
fn programs_outside_of_their_package() {
    for target in ["../other/cli.js", "/bin/sh", "a/../../b"] {
        refuse(&with_package(&evil().field("bin", json!({"tool": target}))), 3, &["evil", "tool", target]);
    }
}

#[test]
fn another_package_than_the_lock_says() {
    let project = NodeProject::new(&["evil@1"]);
    let project =
        project.at_with("node_modules/evil", &NodePackage::new("other", "1.0.0"), &json!({"name": null}));
    refuse(&pack(&project), 3, &["evil", "other"]);
    refuse(&with_entry(&json!({"version": "1.0.1"})), 3, &["evil", "1.0.0", "1.0.1"]);
}

#[test]
fn other_bytes_than_the_lock_says() {
    let integrity = format!("sha512-{}==", "A".repeat(86));
    refuse(&with_entry(&json!({"integrity": integrity})), 3, &["evil-1.0.0.tgz", "not the file of the lock"]);
}

#[test]
fn no_integrity_and_no_known_one() {
    let url = "https://h.invalid/evil-1.0.0.tgz";
    let world = World::with_registry();
    let pack = with_entry(&json!({"integrity": null, "resolved": url}));
    let npm = ["--npm=/nowhere/npm"];
    world.add_for(&[&pack], &npm).fails(4, &["evil", "no integrity", "in the lock"]).with_hint();
    refuse(&with_entry(&json!({"integrity": "md5-x"})), 4, &["evil", "md5-x"]);
}

#[test]
fn tarballs_that_are_elsewhere() {
    refuse(&with_entry(&json!({"resolved": "file:../evil.tgz"})), 4, &["evil", "../evil.tgz"]);
    refuse(&with_entry(&json!({"resolved": "ftp://h.invalid/evil.tgz"})), 4, &["evil", "ftp://"]);
}

#[test]
fn workspaces() {
    let project = NodeProject::new(&[]).field("workspaces", json!(["packages/*"]));
    refuse(&pack(&project), 2, &["workspaces"]);
}

#[test]
fn a_lock_of_another_package_json() {
    let project = NodeProject::new(&["a@1"]).at("node_modules/a", &NodePackage::new("a", "1.0.0"));
    let changed = pack(&project).file("package.json", r#"{"dependencies": {"a": "^2"}}"#);
    refuse(&changed, 3, &["`a`", "package.json"]);
}

#[test]
fn a_lock_that_lacks_a_package() {
    let needy = NodePackage::new("a", "1.0.0").field("dependencies", json!({"b": "^3"}));
    let project = NodeProject::new(&["a@1"]).at("node_modules/a", &needy);
    refuse(&pack(&project), 4, &["`b` ^3", "`a`", "not in the lock"]);
}

#[test]
fn places_that_lead_elsewhere() {
    for place in ["../x", "node_modules/../../x", "node_modules/.bin/x", "lib/x"] {
        refuse(
            &pack(
                &NodeProject::new(&[])
                    .field("dependencies", json!({"x": "1"}))
                    .at(place, &NodePackage::new("x", "1.0.0")),
            ),
            3,
            &[place],
        );
    }
}

#[test]
fn a_package_for_other_machines_alone() {
    refuse(&with_package(&evil().field("os", json!(["darwin"]))), 4, &["evil", "darwin"]);
}

#[test]
fn a_signed_release_whose_tarball_is_hostile_leaves_nothing() {
    let honest = NodePackage::new("left", "1.0.0");
    let publisher =
        World::with_packs(&[&pack(&NodeProject::new(&["left@1"]).at("node_modules/left", &honest))]);
    for hostile in [
        honest.clone().entry(EntryType::Fifo, "package/pipe", ""),
        honest.clone().entry(EntryType::Regular, "package/../../escaped", "x"),
        honest.clone().file("more.js", "one file more than the release says"),
    ] {
        let registry = publisher.registry();
        republish(&registry, &publisher.keys(), "weaver", "1.0.0", |release| {
            release.replace_node_package(&registry, &hostile.tarball());
        });
        Hosts::new().refuse(3, &["left", "is refused"], |host| {
            let mut command = host.installer();
            command.arg("weaver").arg("--registry").arg(&registry).arg("--trust").arg(publisher.trust());
            attune_tests::Run::of(command)
        });
    }
}

#[test]
fn a_lock_that_names_a_blob_which_is_not_there() {
    let package = NodePackage::new("left", "1.0.0");
    let publisher =
        World::with_packs(&[&pack(&NodeProject::new(&["left@1"]).at("node_modules/left", &package))]);
    let digest = attune_schemas::Digest::of(&package.tarball()).hex();
    fs_err::remove_file(publisher.registry().join("blobs/sha256").join(&digest)).unwrap();
    publisher.bundle(&["weaver"]).fails(3, &[&digest]);
    Hosts::new().refuse(3, &[&digest], |host| {
        let mut command = host.installer();
        command
            .arg("weaver")
            .arg("--registry")
            .arg(publisher.registry())
            .arg("--trust")
            .arg(publisher.trust());
        attune_tests::Run::of(command)
    });
}

#[test]
fn a_root_that_no_search_path_can_name() {
    let world = World::with_registry();
    world.add(&[&with_package(&evil())]).succeeds();
    world.bundle(&["weaver"]).succeeds();
    let root = world.path().join("with:colon");
    let mut command = world.command(attune_tests::binaries::Binary::Install);
    command.arg(world.bundle_path()).arg("--trust").arg(world.trust()).arg("--root").arg(&root);
    let run = attune_tests::Run::of(command).fails(2, &["with:colon", "has a `:`"]);
    assert!(run.with_hint().stderr.contains("--root"));
    assert!(Tree::of(&root).is_absent());
}

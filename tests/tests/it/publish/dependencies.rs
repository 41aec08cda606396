//! Dependencies that are missing, in conflict, or in a circle, when bundling and when installing.

use attune_tests::{BundleFile, Hosts, PackBuilder, World};

fn pack(name: &str, version: &str, dependencies: &[&str]) -> PackBuilder {
    dependencies.iter().fold(PackBuilder::new(name, version), |pack, dependency| pack.depends_on(dependency))
}

/// Asserts that neither a bundle of `requests` can be made nor an installation.
fn refuse(world: &World, requests: &[&str], words: &[&str]) {
    let run = world.bundle(requests).fails(4, words);
    assert!(!world.bundle_path().exists(), "{}", run.stderr);
    let hosts = Hosts::new();
    hosts.refuse(4, words, |host| {
        let mut command = host.installer();
        command.args(requests).arg("--registry").arg(world.registry()).arg("--trust").arg(world.trust());
        attune_tests::Run::of(command)
    });
}

#[test]
fn a_missing_dependency() {
    let world = World::with_packs(&[&pack("app", "1.0.0", &["library@^1"])]);
    refuse(&world, &["app"], &["app", "library"]);
}

#[test]
fn a_dependency_without_a_version_that_fits() {
    let world = World::with_packs(&[&pack("app", "1.0.0", &["library@^2"]), &pack("library", "1.5.0", &[])]);
    refuse(&world, &["app"], &["app", "library", ">=2.0.0"]);
}

#[test]
fn a_pack_that_the_registry_does_not_have() {
    let world = World::with_packs(&[&pack("app", "1.0.0", &[])]);
    refuse(&world, &["application"], &["application"]);
}

#[test]
fn a_version_that_the_registry_does_not_have() {
    let world = World::with_packs(&[&pack("app", "1.0.0", &[])]);
    refuse(&world, &["app@^3"], &["app", "`^3`", "it has 1.0.0"]);
}

#[test]
fn conflicting_dependencies() {
    let world = World::with_packs(&[
        &pack("left", "1.0.0", &["library@^1"]),
        &pack("right", "1.0.0", &["library@^2"]),
        &pack("library", "1.0.0", &[]),
    ]);
    world.add(&[&pack("library", "2.0.0", &[])]).succeeds();
    refuse(&world, &["left", "right"], &["left", "right", "library"]);
    // Each alone is fine, with the version that it needs.
    world.bundle(&["left"]).succeeds();
    world.install_bundle().succeeds();
    assert_eq!(world.installed(), ["left 1.0.0", "library 1.0.0"]);
    let before = world.root_tree().without_touched();
    world.install_packs(&["right"]).fails(4, &["right", "library"]).with_hint();
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn cyclic_dependencies() {
    let world = World::with_packs(&[
        &pack("one", "1.0.0", &["two"]),
        &pack("two", "1.0.0", &["three"]),
        &pack("three", "1.0.0", &["one"]),
    ]);
    refuse(&world, &["one"], &["circle", "one", "two", "three"]);
}

#[test]
fn a_pack_that_depends_on_itself() {
    let world = World::with_registry();
    let run = world.add(&[&pack("narcissus", "1.0.0", &["narcissus@^1"])]);
    if run.status == Some(0) {
        refuse(&world, &["narcissus"], &["narcissus"]);
    } else {
        run.fails(1, &["narcissus"]);
    }
}

#[test]
fn a_bundle_whose_description_hides_a_dependency() {
    let world = World::with_packs(&[&pack("app", "1.0.0", &["library@^1"]), &pack("library", "1.0.0", &[])]);
    world.bundle(&["app"]).succeeds();
    let mut bundle = BundleFile::read(&world.bundle_path());
    bundle.edit_json("bundle.json", |description| {
        description["releases"].as_array_mut().unwrap().retain(|release| release["ref"] != "library");
    });
    let changed = world.path().join("changed.tar.zst");
    bundle.write(&changed);
    let hosts = Hosts::new();
    let run = hosts.refuse(4, &["app", "library"], |host| host.install_from(&changed, &world.trust()));
    run.with_hint();
}

#[test]
fn the_newest_release_that_fits_everything_is_taken() {
    let world = World::with_packs(&[&pack("app", "1.0.0", &["library@^1"]), &pack("library", "1.0.0", &[])]);
    world.add(&[&pack("library", "1.4.0", &[])]).succeeds();
    world.add(&[&pack("library", "2.0.0", &[])]).succeeds();
    world.add(&[&pack("library", "1.5.0-rc.1", &[])]).succeeds();
    world.install_packs(&["app"]).succeeds();
    assert_eq!(world.installed(), ["app 1.0.0", "library 1.4.0"]);
}

#[test]
fn a_pack_that_the_bundle_does_not_have() {
    let world = World::with_packs(&[&pack("app", "1.0.0", &[]), &pack("other", "1.0.0", &[])]);
    world.bundle(&["app"]).succeeds();
    let (bundle, trust) = (world.bundle_path(), world.trust());
    let arguments = [bundle.as_os_str(), "other".as_ref(), "--trust".as_ref(), trust.as_os_str()];
    Hosts::new().refuse(4, &["other"], |host| host.install(arguments)).with_hint();
}

//! Sources that offer something older than what is installed: it stays, and the way back is told.

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{Run, World};
use serde_json::json;

/// A host with greeter 1.1.0, and a bundle, cut before that, which holds 1.0.0.
fn with_older_bundle() -> World {
    let world = World::with_registry();
    world.add(&[&greeter()]).succeeds();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    world.bundle(&["greeter@=1.0.0"]).succeeds();
    world
}

#[test]
fn an_older_bundle_says_that_the_newer_release_was_kept_and_how_to_go_back() {
    let world = with_older_bundle();
    let run = world.install_bundle().succeeds();
    let told =
        "greeter 1.1.0 is newer than 1.0.0 in the bundle and was kept; name `greeter@1.0.0` to go back\n";
    assert!(run.stdout.contains("nothing to do") && run.stdout.contains(told), "{}", run.stdout);
    let json = world.install([world.bundle_path().as_os_str(), "--json".as_ref()]).succeeds().json();
    assert_eq!(json["outcome"], "unchanged");
    let kept = json!([{"ref": "greeter", "installed": "1.1.0", "offered": "1.0.0", "offeredBy": "bundle"}]);
    assert_eq!(json["keptNewer"], kept);
    // As it says.
    world.install([world.bundle_path().as_os_str(), "greeter@1.0.0".as_ref()]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
    let run = world.install_bundle().succeeds();
    assert!(!run.stdout.contains("is newer"), "{}", run.stdout);
}

#[test]
fn what_is_kept_is_told_also_where_something_else_is_installed() {
    let world = with_older_bundle();
    world.add(&[&reporter()]).succeeds();
    world.bundle(&["greeter@=1.0.0", "reporter"]).succeeds();
    let run = world.install_bundle().succeeds();
    assert!(run.stdout.contains("greeter 1.1.0 is newer than 1.0.0 in the bundle"), "{}", run.stdout);
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0"]);
}

#[test]
fn a_registry_is_told_of_for_the_packs_that_were_named() {
    let world = World::with_registry();
    world.add(&[&greeter()]).succeeds();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    let run: Run = world.install_packs(&["greeter"]).succeeds();
    assert!(!run.stdout.contains("is newer"), "{}", run.stdout);
}

#[test]
fn a_bundle_made_before_one_that_was_seen_is_not_called_a_rolled_back_install() {
    let world = World::with_packs(&[&greeter()]);
    world.bundle(&["greeter"]).succeeds();
    let older = world.path().join("older.tar.zst");
    fs_err::rename(world.bundle_path(), &older).unwrap();
    world.add(&[&reporter()]).succeeds();
    world.bundle(&["reporter"]).succeeds();
    world.install_bundle().succeeds();
    let before = world.root_tree().without_touched();
    let run = world.install([older.as_os_str()]);
    let run = run.fails(3, &["older than the metadata that this host has seen", "timestamp"]).with_hint();
    assert!(!run.stderr.contains("rolled back"), "{}", run.stderr);
    assert!(run.stderr.contains("install the older one first"), "{}", run.stderr);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn the_older_of_two_bundles_first_installs_both() {
    let world = World::with_packs(&[&greeter()]);
    world.bundle(&["greeter"]).succeeds();
    let older = world.path().join("older.tar.zst");
    fs_err::rename(world.bundle_path(), &older).unwrap();
    world.add(&[&reporter()]).succeeds();
    world.bundle(&["reporter"]).succeeds();
    world.install_from(&older, &world.trust()).succeeds();
    world.install_bundle().succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0"]);
}

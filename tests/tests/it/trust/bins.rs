//! Registries with hashed bins: published to, bundled, installed from, refreshed.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use attune_tests::World;
use attune_tests::standard_packs::{greeter, reporter, watcher};

fn with_bins(count: &str) -> World {
    let world = World::new();
    let registry = world.registry();
    let arguments = [OsStr::new("init"), registry.as_os_str(), "--name=demo".as_ref(), "--bins".as_ref()];
    world.build(arguments.iter().chain([&OsStr::new(count)])).succeeds();
    world
}

/// The names of the metadata files of the registry.
fn metadata(world: &World) -> BTreeSet<String> {
    let entries = fs_err::read_dir(world.registry().join("metadata")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn packs_of_a_registry_with_bins_are_bundled_installed_and_upgraded() {
    let world = with_bins("16");
    world.add(&[&greeter(), &reporter(), &watcher()]).succeeds();
    world.bundle(&["reporter"]).succeeds();
    world.install_bundle().succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0"]);
    // A bundle with another pack has only that one's bin, which must do although others are installed.
    world.bundle(&["watcher"]).succeeds();
    world.install([world.bundle_path()]).succeeds();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0", "watcher 1.0.0"]);
    world.install_packs(&["greeting"]).fails(4, &["greeting"]).with_hint();
}

#[test]
fn publishing_one_pack_writes_one_bin_the_snapshot_and_the_timestamp() {
    let world = with_bins("64");
    world.add(&[&greeter(), &watcher()]).succeeds();
    let before = metadata(&world);
    // Neither the key of root nor that of targets is needed.
    for key in ["root.key.json", "targets.key.json"] {
        fs_err::remove_file(world.keys().join(key)).unwrap();
    }
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    let after = metadata(&world);
    let new: Vec<_> = after.difference(&before).cloned().collect();
    assert_eq!(new.len(), 2, "{new:?}");
    assert!(new[0].contains(".bin-") && new[1] == "3.snapshot.json", "{new:?}");
    world.bundle(&["greeter"]).succeeds();
    world.install_bundle().succeeds();
    assert_eq!(world.installed(), ["greeter 1.1.0"]);
}

#[test]
fn the_same_pack_again_writes_nothing() {
    let world = with_bins("16");
    world.add(&[&greeter()]).succeeds();
    let before = attune_tests::Tree::of(&world.registry());
    world.add(&[&greeter()]).succeeds();
    attune_tests::Tree::of(&world.registry()).assert_same(&before);
}

#[test]
fn a_refresh_renews_what_expires_and_tells_what_it_cannot() {
    let world = with_bins("4");
    world.add(&[&greeter()]).succeeds();
    let refresh = || world.build([OsStr::new("refresh"), world.registry().as_os_str(), "--json".as_ref()]);
    assert_eq!(
        refresh().succeeds().json()["metadata"],
        serde_json::json!(["3.snapshot.json", "timestamp.json"])
    );
    // 300 days on, everything but root has spent most of its time.
    world.sign_at(jiff::Timestamp::now().as_second() + 300 * 86_400);
    fs_err::rename(world.keys().join("targets.key.json"), world.path().join("targets.json")).unwrap();
    let report = refresh().succeeds().json();
    assert_eq!(report["metadata"].as_array().unwrap().len(), 4 + 2, "{report}");
    assert_eq!(report["expiring"][0]["role"], "targets", "{report}");
    let run = world.build([OsStr::new("refresh"), world.registry().as_os_str()]).succeeds();
    assert!(run.stderr.contains("targets expires on") && run.stdout.contains("valid until"), "{run:?}");
    fs_err::remove_file(world.keys().join("timestamp.key.json")).unwrap();
    assert_eq!(refresh().status, Some(1));
}

#[test]
fn numbers_that_are_no_number_of_bins() {
    let world = World::new();
    for count in ["0", "12", "-1", "many"] {
        let run = world.build(["init", "registry", "--name", "demo", &format!("--bins={count}")]);
        assert_eq!(run.status, Some(2), "{}", run.stderr);
    }
    let run = world.build(["init", "registry", "--name", "demo", "--threshold", "bins=2"]);
    assert_eq!(run.fails(2, &["without bins"]).with_hint().status, Some(2));
    assert!(!world.registry().exists() && !world.keys().exists());
}

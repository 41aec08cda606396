//! `bundle.json` is nobody's word: it may narrow what is looked at, and never decides what is installed.

use attune_tests::{BundleFile, Hosts, PackBuilder, World};
use serde_json::{Value, json};

fn app(version: &str) -> PackBuilder {
    PackBuilder::new("app", version).file("VERSION", version)
}

/// A host with `app` 1.1.0, and a bundle with `app` 1.0.0 and metadata as new as what the host has seen.
fn with_newer() -> World {
    let world = World::with_packs(&[&app("1.0.0")]);
    world.add(&[&app("1.1.0")]).succeeds();
    world.install_packs(&["app"]).succeeds();
    world.bundle(&["app@=1.0.0"]).succeeds();
    world
}

/// A registry with two packs, and a bundle with both.
fn with_two() -> World {
    let noise: Vec<u8> = (0_u32..60_000).map(|position| (position * position).to_le_bytes()[1]).collect();
    let second = PackBuilder::new("second", "1.0.0").file("noise", noise);
    let world = World::with_packs(&[&PackBuilder::new("first", "1.0.0"), &second]);
    world.bundle(&["first", "second"]).succeeds();
    world
}

/// The name of the entry that holds the archive of `pack`.
fn archive_of(bundle: &mut BundleFile, pack: &str) -> String {
    let blob = |digest: &Value| {
        format!("blobs/sha256/{}", digest.as_str().unwrap().strip_prefix("sha256:").unwrap())
    };
    let description: Value = serde_json::from_slice(bundle.content("bundle.json")).unwrap();
    let releases = description["releases"].as_array().unwrap();
    let release = releases.iter().find(|release| release["ref"] == pack).unwrap();
    let manifest: Value = serde_json::from_slice(bundle.content(&blob(&release["manifest"]))).unwrap();
    blob(&manifest["layers"][0]["digest"])
}

#[test]
fn a_bundle_that_asks_for_an_older_version_does_not_downgrade() {
    let world = with_newer();
    let mut bundle = BundleFile::read(&world.bundle_path());
    bundle.edit_json("bundle.json", |description| {
        assert_eq!(description["requested"], json!(["app@=1.0.0"]));
        description["requested"] = json!(["app@=1.0.0", "app@<1.1"]);
    });
    let changed = world.path().join("changed.tar.zst");
    bundle.write(&changed);
    let before = world.root_tree();
    for path in [&world.bundle_path(), &changed] {
        let run = world.install([path.as_os_str(), "--json".as_ref()]).succeeds();
        assert_eq!((&run.json()["outcome"], &run.json()["generation"]), (&json!("unchanged"), &json!(1)));
        world.root_tree().assert_same(&before);
    }
    assert_eq!(world.installed(), ["app 1.1.0"]);
}

#[test]
fn an_older_version_in_a_bundle_installs_when_it_is_named() {
    let world = with_newer();
    let bundle = world.bundle_path();
    let run = world.install([bundle.as_os_str(), "app@=1.0.0".as_ref(), "--json".as_ref()]).succeeds();
    let pack = &run.json()["packs"][0];
    assert_eq!((&pack["version"], &pack["replaces"]), (&json!("1.0.0"), &json!("1.1.0")));
    assert_eq!(world.installed(), ["app 1.0.0"]);
    assert_eq!(fs_err::read_to_string(world.root().join("packs/app/VERSION")).unwrap(), "1.0.0");
}

#[test]
fn an_older_version_in_a_bundle_installs_where_there_is_none() {
    let world = with_newer();
    let host = World::new();
    host.install_from(&world.bundle_path(), &world.trust()).succeeds();
    assert_eq!(host.installed(), ["app 1.0.0"]);
}

#[test]
fn a_bundle_that_asks_for_a_pack_that_it_does_not_have() {
    let world = with_two();
    let mut bundle = BundleFile::read(&world.bundle_path());
    bundle.edit_json("bundle.json", |description| description["requested"] = json!(["third"]));
    let changed = world.path().join("changed.tar.zst");
    bundle.write(&changed);
    Hosts::new().refuse(4, &["third"], |host| host.install_from(&changed, &world.trust())).with_hint();
}

#[test]
fn a_bundle_that_lists_a_pack_twice() {
    let newer = with_newer();
    newer.bundle(&["app"]).succeeds();
    let mut newest = BundleFile::read(&newer.bundle_path());
    let mut other = Value::Null;
    newest.edit_json("bundle.json", |description| other = description["releases"][0].take());
    newer.bundle(&["app@=1.0.0"]).succeeds();
    let original = BundleFile::read(&newer.bundle_path());
    let hosts = Hosts::new();
    let changed = hosts.fresh().path().join("changed.tar.zst");
    // The very release again, or another of the same pack.
    for second in [None, Some(&other)] {
        let mut bundle = original.clone();
        bundle.edit_json("bundle.json", |description| {
            let second = second.unwrap_or(&description["releases"][0]).clone();
            description["releases"].as_array_mut().unwrap().push(second);
        });
        bundle.write(&changed);
        let run =
            hosts.refuse(3, &["lists pack `app` twice"], |host| host.install_from(&changed, &newer.trust()));
        run.with_hint();
    }
}

/// Asserts that `first` does not install where the archive of `second` was changed in the bundle.
fn refuse_changed_neighbour(words: &[&str], change: impl FnOnce(&mut Vec<u8>)) {
    let world = with_two();
    let mut bundle = BundleFile::read(&world.bundle_path());
    let archive = archive_of(&mut bundle, "second");
    change(bundle.content(&archive));
    let changed = world.path().join("changed.tar.zst");
    bundle.write(&changed);
    let trust = world.trust();
    let arguments = [changed.as_os_str(), "first".as_ref(), "--trust".as_ref(), trust.as_os_str()];
    Hosts::new().refuse(3, words, |host| host.install(arguments)).with_hint();
}

#[test]
fn a_blob_that_is_not_wanted_with_more_bytes() {
    refuse_changed_neighbour(&["damaged blob", "bytes, expected"], |archive| archive.push(0));
    refuse_changed_neighbour(&["damaged blob", "bytes, expected"], |archive| {
        archive.resize(archive.len() + (1 << 20), 0);
    });
}

#[test]
fn a_blob_that_is_not_wanted_with_fewer_bytes() {
    refuse_changed_neighbour(&["damaged blob", "bytes, expected"], |archive| {
        archive.truncate(archive.len() - 1);
    });
    refuse_changed_neighbour(&["damaged blob", "bytes, expected"], Vec::clear);
}

#[test]
fn a_blob_that_is_not_wanted_with_other_bytes() {
    refuse_changed_neighbour(&["damaged blob", "its bytes hash to"], |archive| {
        let middle = archive.len() / 2;
        archive[middle] ^= 1;
    });
}

#[test]
fn a_blob_that_is_not_wanted_is_passed_by() {
    let world = with_two();
    let host = World::new();
    let (bundle, trust) = (world.bundle_path(), world.trust());
    host.install([bundle.as_os_str(), "first".as_ref(), "--trust".as_ref(), trust.as_os_str()]).succeeds();
    assert_eq!(host.installed(), ["first 1.0.0"]);
    assert_eq!(fs_err::read_dir(host.root().join("store/packs")).unwrap().count(), 1);
}

//! Who vouches for a bundle: strangers, expiry, rollback, and hosts that trust nobody yet.

use attune_registry::trust::SigningKey;
use attune_tests::metadata_forge::resign;
use attune_tests::standard_packs::greeter;
use attune_tests::world::standard;
use attune_tests::{BundleFile, Hosts, PackBuilder, World};
use serde_json::json;

/// 2020-01-01.
const LONG_AGO: i64 = 1_577_836_800;

/// The metadata files of a bundle, each with the role whose key signs it.
fn metadata_files(bundle: &BundleFile) -> Vec<(String, &'static str)> {
    let roles = ["timestamp", "snapshot", "targets"];
    let names = bundle.entries.iter().map(|(name, _)| name.clone());
    let role = |name: &str| roles.into_iter().find(|role| name.ends_with(&format!("{role}.json")));
    let files = names.filter(|name| name.starts_with("metadata/"));
    files.filter_map(|name| role(&name).map(|role| (name, role))).collect()
}

/// A bundle of a registry whose metadata has expired.
fn expired() -> World {
    let world = World::new();
    world.sign_at(LONG_AGO);
    world.init("demo").succeeds();
    world.add(&[&greeter()]).succeeds();
    world.bundle(&["greeter"]).succeeds();
    world
}

#[test]
fn no_trust_given() {
    let hosts = Hosts::new();
    let bundle = standard().bundle_path();
    let run = hosts.refuse(3, &["no root of registry `demo` is trusted"], |world| world.install([&bundle]));
    assert!(run.with_hint().stderr.contains("--trust"));
}

#[test]
fn no_trust_given_for_a_registry() {
    let hosts = Hosts::new();
    let registry = standard().registry();
    let attempt = |world: &World| {
        let arguments = ["greeter".as_ref(), "--registry".as_ref(), registry.as_os_str()];
        world.install(arguments)
    };
    attempt(hosts.fresh()).fails(3, &["nothing on this host vouches for"]).with_hint();
    // A host that trusts one other registry takes it for that one, and finds that it is not.
    attempt(hosts.used()).fails(3, &["is not signed by the keys of its role"]).with_hint();
    hosts.assert_unchanged();
}

#[test]
fn a_root_file_that_is_not_there_or_not_one() {
    let hosts = Hosts::new();
    let bundle = standard().bundle_path();
    let nowhere = hosts.fresh().path().join("nowhere.json");
    hosts.refuse(1, &["could not read the root metadata", "nowhere.json"], |world| {
        world.install_from(&bundle, &nowhere)
    });
    let nonsense = hosts.fresh().path().join("nonsense.json");
    for content in ["", "{}", "[1]", "nonsense", r#"{"signatures": [], "signed": {"_type": "root"}}"#] {
        fs_err::write(&nonsense, content).unwrap();
        hosts.refuse(3, &[], |world| world.install_from(&bundle, &nonsense));
    }
}

#[test]
fn the_root_of_another_registry_of_the_same_name() {
    let stranger = World::with_packs(&[&greeter()]);
    let hosts = Hosts::new();
    let run = hosts.refuse(3, &["is not signed by the keys of its role"], |world| {
        world.install_from(&standard().bundle_path(), &stranger.trust())
    });
    run.with_hint();
}

#[test]
fn the_root_of_another_registry_with_another_name() {
    let stranger = World::new();
    stranger.init("other").succeeds();
    let hosts = Hosts::new();
    hosts.refuse(3, &[], |world| world.install_from(&standard().bundle_path(), &stranger.trust()));
}

#[test]
fn another_root_than_the_trusted_one() {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let before = world.root_tree().without_touched();
    let stranger = World::with_packs(&[&greeter()]);
    stranger.bundle(&["greeter"]).succeeds();
    let run = world.install_from(&stranger.bundle_path(), &stranger.trust());
    assert!(run.fails(3, &["demo"]).with_hint().stderr.contains("trust remove"));
    world.install([stranger.bundle_path()]).fails(3, &["is not signed by the keys of its role"]);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn metadata_signed_by_a_stranger() {
    let original = BundleFile::read(&standard().bundle_path());
    let hosts = Hosts::new();
    let path = hosts.fresh().path().join("forged.tar.zst");
    let stranger = SigningKey::generate().unwrap();
    for (file, role) in metadata_files(&original) {
        let mut bundle = original.clone();
        let content = bundle.content(&file);
        *content = resign(content, &stranger, |_| {});
        bundle.write(&path);
        let name = file.strip_prefix("metadata/").unwrap();
        let run = hosts.refuse(3, &[name], |world| world.install_from(&path, &standard().trust()));
        if role == "timestamp" {
            assert!(run.stderr.contains("is not signed by the keys of its role"), "{}", run.stderr);
        }
        run.with_hint();
    }
}

#[test]
fn changed_metadata_under_the_old_signature() {
    let original = BundleFile::read(&standard().bundle_path());
    let hosts = Hosts::new();
    let path = hosts.fresh().path().join("forged.tar.zst");
    for (file, _) in metadata_files(&original) {
        let mut bundle = original.clone();
        bundle.edit_json(&file, |envelope| envelope["signed"]["expires"] = json!("2099-01-01T00:00:00Z"));
        bundle.write(&path);
        hosts.refuse(3, &[], |world| world.install_from(&path, &standard().trust()));
    }
}

#[test]
fn metadata_without_signatures() {
    let original = BundleFile::read(&standard().bundle_path());
    let hosts = Hosts::new();
    let path = hosts.fresh().path().join("forged.tar.zst");
    for (file, _) in metadata_files(&original) {
        let mut bundle = original.clone();
        bundle.edit_json(&file, |envelope| envelope["signatures"] = json!([]));
        bundle.write(&path);
        hosts.refuse(3, &[], |world| world.install_from(&path, &standard().trust()));
    }
}

#[test]
fn expired_metadata() {
    let publisher = expired();
    let hosts = Hosts::new();
    let run = hosts.refuse(3, &["metadata expired on 20"], |world| {
        world.install_from(&publisher.bundle_path(), &publisher.trust())
    });
    assert!(run.with_hint().stderr.contains("--expiry-grace"));
}

#[test]
fn a_grace_that_is_too_short() {
    let publisher = expired();
    let (bundle, trust) = (publisher.bundle_path(), publisher.trust());
    let hosts = Hosts::new();
    hosts.refuse(3, &["expired"], |world| {
        let arguments =
            [bundle.as_os_str(), "--trust".as_ref(), trust.as_os_str(), "--expiry-grace=30d".as_ref()];
        world.install(arguments)
    });
}

#[test]
fn expired_metadata_within_the_grace_is_accepted_and_recorded() {
    let publisher = expired();
    let world = World::new();
    let (bundle, trust) = (publisher.bundle_path(), publisher.trust());
    let grace = ["--expiry-grace=36500d".as_ref(), "--json".as_ref()];
    let arguments = [[bundle.as_os_str(), "--trust".as_ref()], [trust.as_os_str(), grace[0]]].concat();
    let run = world.install(arguments.iter().chain([&grace[1]])).succeeds();
    let freshness = &run.json()["freshness"];
    assert_eq!(
        (&freshness["verdict"], &freshness["allowedBy"]),
        (&"stale".into(), &"--expiry-grace 36500d".into())
    );
    let expired = freshness["expired"].to_string();
    assert!(expired.contains("timestamp") && expired.contains("2020-03-31"), "{expired}");
    let log = fs_err::read_to_string(world.root().join("state/log/operations.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert!(line["freshness"]["expired"].to_string().contains("timestamp"), "{log}");
    assert_eq!(line["packs"][0]["ref"], "greeter");
    // The waiver was for one run only.
    world.install([&bundle]).fails(3, &["expired"]);
}

#[test]
fn an_older_bundle_than_last_time() {
    let world = World::with_packs(&[&greeter()]);
    world.bundle(&["greeter"]).succeeds();
    let old = world.path().join("old.tar.zst");
    fs_err::copy(world.bundle_path(), &old).unwrap();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.bundle(&["greeter"]).succeeds();
    world.install_bundle().succeeds();
    let before = world.root_tree().without_touched();
    let run =
        world.install([&old]).fails(3, &["older than the metadata", "timestamp has version"]).with_hint();
    assert!(run.stderr.contains("make a new bundle"), "{}", run.stderr);
    // Naming the root again, or accepting what expired, opens no way around it.
    world.install_from(&old, &world.trust()).fails(3, &["older than the metadata"]);
    world.install([old.as_os_str(), "--expiry-grace=36500d".as_ref()]).fails(3, &["older than the metadata"]);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn a_refused_install_does_not_move_the_trusted_metadata() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let trusted = attune_tests::Tree::of(&world.root().join("state/trust"));
    let failing = greeter().version("1.1.0").tested_by("#!/bin/sh\nexit 1\n", 30, "block");
    world.add(&[&failing]).succeeds();
    world.install_packs(&["greeter"]).fails(6, &["greeter"]);
    attune_tests::Tree::of(&world.root().join("state/trust")).assert_same(&trusted);
}

#[test]
fn a_registry_that_is_newer_but_installs_nothing_new_is_remembered() {
    let world = World::with_packs(&[&greeter()]);
    world.bundle(&["greeter"]).succeeds();
    world.install_bundle().succeeds();
    world.add(&[&PackBuilder::new("unrelated", "1.0.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    world.install_bundle().fails(3, &["older than the metadata"]);
}

#[test]
fn two_registries_are_trusted_side_by_side() {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let second = World::new();
    second.init("second").succeeds();
    second.add(&[&PackBuilder::new("extra", "1.0.0")]).succeeds();
    second.bundle(&["extra"]).succeeds();
    world.install([second.bundle_path()]).fails(3, &["no root of registry `second` is trusted"]);
    world.install_from(&second.bundle_path(), &second.trust()).succeeds();
    world.install([standard().bundle_path()]).succeeds();
    assert_eq!(world.installed(), ["extra 1.0.0", "greeter 1.0.0", "reporter 1.0.0", "watcher 1.0.0"]);
}

#[test]
fn a_pack_of_one_registry_is_not_replaced_by_its_namesake_in_another() {
    for version in ["1.0.0", "1.9.0"] {
        let world = World::new();
        world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
        let second = World::new();
        second.init("second").succeeds();
        second.add(&[&greeter().version(version).file("README.md", "another greeter\n")]).succeeds();
        second.add(&[&PackBuilder::new("bait", "1.0.0").depends_on("greeter")]).succeeds();
        second.bundle(&["bait"]).succeeds();
        // Whoever asks for `bait` did not ask for another `greeter`.
        world.install_from(&second.bundle_path(), &second.trust()).succeeds();
        assert!(!world.root().join("packs/greeter/README.md").exists(), "{version}");
        let list = world.list();
        let greeter = list["packs"].as_array().unwrap().iter().find(|pack| pack["ref"] == "greeter").unwrap();
        assert_eq!(
            (&greeter["registry"], &greeter["version"]),
            (&"demo".into(), &"1.0.0".into()),
            "{version}"
        );
    }
}

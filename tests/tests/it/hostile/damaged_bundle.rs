//! Bundles that were damaged on their way, or changed by somebody without the keys.

use attune_tests::world::standard;
use attune_tests::{BundleFile, Hosts, PackBuilder, World};
use serde_json::json;

/// Cuts in the head, in the middle of blobs, and near the end.
const CUTS_IN_THOUSANDTHS: [usize; 8] = [0, 1, 20, 200, 500, 800, 950, 999];

/// A registry with one small pack, and its bundle.
fn small() -> World {
    let world = World::with_packs(&[&PackBuilder::new("tiny", "1.0.0").file("README.md", "tiny\n")]);
    world.bundle(&["tiny"]).succeeds();
    world
}

/// A registry with a pack that holds a big file which does not compress, and its bundle.
fn big() -> World {
    let noise: Vec<u8> = (0_u64..2_000_000).map(noise_byte).collect();
    let world = World::with_packs(&[&PackBuilder::new("bulky", "1.0.0").file("noise.bin", noise)]);
    world.bundle(&["bulky"]).succeeds();
    world
}

fn noise_byte(position: u64) -> u8 {
    // SplitMix64, the shortest generator whose bytes look like noise to a compressor.
    let mut value = position.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (value >> 56) as u8
}

/// Installs the standard bundle after `change`.
fn refuse_changed(code: i32, words: &[&str], change: impl FnOnce(&mut BundleFile)) {
    let mut bundle = BundleFile::read(&standard().bundle_path());
    change(&mut bundle);
    let hosts = Hosts::new();
    let path = hosts.fresh().path().join("changed.tar.zst");
    bundle.write(&path);
    hosts.refuse(code, words, |world| world.install_from(&path, &standard().trust()));
}

#[test]
fn a_rewritten_bundle_without_changes_installs() {
    let world = World::new();
    let path = world.path().join("same.tar.zst");
    BundleFile::read(&standard().bundle_path()).write(&path);
    world.install_from(&path, &standard().trust()).succeeds();
}

#[test]
fn a_truncated_bundle() {
    let hosts = Hosts::new();
    for publisher in [&small(), &big()] {
        let whole = fs_err::read(publisher.bundle_path()).unwrap();
        let path = hosts.fresh().path().join("cut.tar.zst");
        let cuts = CUTS_IN_THOUSANDTHS.iter().map(|cut| whole.len() * cut / 1000);
        for length in cuts.chain([whole.len() - 5, whole.len() - 4, whole.len() - 1]) {
            fs_err::write(&path, &whole[..length]).unwrap();
            let run =
                hosts.refuse(3, &["cut.tar.zst"], |world| world.install_from(&path, &publisher.trust()));
            run.with_hint();
        }
    }
}

#[test]
fn what_is_wrong_with_the_host_is_told_before_what_is_wrong_with_a_blob() {
    // Its blobs are read while the plan is being made.
    let python = PackBuilder::new("bulky", "1.0.0").yaml("runtime_deps: [python]");
    let publisher =
        World::with_packs(&[&python.file("noise.bin", (0..600_000).map(noise_byte).collect::<Vec<u8>>())]);
    publisher.bundle(&["bulky"]).succeeds();
    let whole = fs_err::read(publisher.bundle_path()).unwrap();
    let hosts = Hosts::new();
    let path = hosts.fresh().path().join("cut.tar.zst");
    fs_err::write(&path, &whole[..whole.len() - 50_000]).unwrap();
    hosts.refuse(5, &["/bin/false"], |world| {
        let (path, trust) = (path.to_str().unwrap(), publisher.trust());
        world.install([path, "--python", "/bin/false", "--trust", trust.to_str().unwrap()])
    });
    hosts.refuse(3, &["cut.tar.zst"], |world| world.install_from(&path, &publisher.trust()));
}

#[test]
fn a_flipped_byte() {
    let publisher = small();
    let whole = fs_err::read(publisher.bundle_path()).unwrap();
    let good = World::new();
    good.install_from(&publisher.bundle_path(), &publisher.trust()).succeeds();
    let good_tree = good.root_tree().content_only();
    let path = publisher.path().join("flipped.tar.zst");
    let mut harmless = 0;
    for step in 0..48 {
        let position = whole.len() * step / 48;
        let mut damaged = whole.clone();
        damaged[position] ^= 1 << (step % 8);
        fs_err::write(&path, &damaged).unwrap();
        let world = World::new();
        let run = world.install_from(&path, &publisher.trust());
        if run.status == Some(0) {
            // Some bits of a zstd frame carry nothing; what comes out is what was signed.
            harmless += 1;
            world.root_tree().content_only().assert_same(&good_tree);
            continue;
        }
        run.fails(3, &[]);
        assert!(world.root_tree().is_absent(), "byte {position} left something");
    }
    assert!(harmless < 6, "{harmless} of 48 flipped bytes were not noticed");
}

#[test]
fn an_empty_file_and_files_that_are_no_bundle() {
    let hosts = Hosts::new();
    let path = hosts.fresh().path().join("other.tar.zst");
    for content in [&b""[..], b"hello", &[0; 4096], b"PK\x03\x04zip", b"\x28\xb5\x2f\xfdnot really zstd"] {
        fs_err::write(&path, content).unwrap();
        let run =
            hosts.refuse(3, &["is not a bundle"], |world| world.install_from(&path, &standard().trust()));
        run.with_hint();
    }
}

#[test]
fn a_bundle_that_is_not_there() {
    let hosts = Hosts::new();
    hosts.refuse(2, &["nowhere.tar.zst", "does not exist"], |world| {
        world.install(["nowhere.tar.zst", "--trust", "root.json"])
    });
}

#[test]
fn a_blob_that_is_in_no_manifest() {
    refuse_changed(3, &["which no release in it names"], |bundle| {
        bundle.add_blob(b"a stowaway");
    });
}

#[test]
fn a_blob_that_is_in_no_manifest_comes_first() {
    refuse_changed(3, &["which no release in it names"], |bundle| {
        bundle.add_blob(b"a stowaway");
        let stowaway = bundle.entries.pop().unwrap();
        let first = bundle.blobs()[0];
        bundle.entries.insert(first, stowaway);
    });
}

#[test]
fn a_manifest_that_is_not_in_the_index() {
    refuse_changed(3, &["greeter", "which the registry's index does not list"], |bundle| {
        let manifest = bundle.add_blob(b"{}");
        let blob = bundle.entries.pop().unwrap();
        let first = bundle.blobs()[0];
        bundle.entries.insert(first, blob);
        bundle.edit_json("bundle.json", |description| {
            let releases = description["releases"].as_array_mut().unwrap();
            let greeter = releases.iter_mut().find(|release| release["ref"] == "greeter").unwrap();
            greeter["manifest"] = json!(manifest);
        });
    });
}

#[test]
fn a_version_that_is_not_in_the_index() {
    refuse_changed(3, &["greeter 9.9.9", "does not list"], |bundle| {
        bundle.edit_json("bundle.json", |description| {
            let releases = description["releases"].as_array_mut().unwrap();
            let greeter = releases.iter_mut().find(|release| release["ref"] == "greeter").unwrap();
            greeter["version"] = json!("9.9.9");
        });
    });
}

#[test]
fn a_missing_blob() {
    refuse_changed(3, &["lacks", "blobs"], |bundle| {
        let last = *bundle.blobs().last().unwrap();
        bundle.entries.remove(last);
    });
}

#[test]
fn a_blob_under_another_name() {
    refuse_changed(3, &["damaged blob"], |bundle| {
        let blobs = bundle.blobs();
        let (one, other) = (blobs[blobs.len() - 1], blobs[blobs.len() - 2]);
        let content = bundle.entries[one].1.clone();
        bundle.entries[other].1 = content;
    });
}

#[test]
fn a_blob_twice() {
    refuse_changed(3, &["collides"], |bundle| {
        let last = bundle.entries.last().unwrap().clone();
        bundle.entries.push(last);
    });
}

#[test]
fn a_missing_pack_index() {
    refuse_changed(3, &["greeter.json", "lacks"], |bundle| {
        bundle.entries.retain(|(name, _)| !name.ends_with(".greeter.json"));
    });
}

#[test]
fn a_changed_pack_index() {
    refuse_changed(3, &["greeter.json", "is not the file that the metadata describes"], |bundle| {
        let position = bundle.entries.iter().position(|(name, _)| name.ends_with(".greeter.json")).unwrap();
        let content = &mut bundle.entries[position].1;
        let middle = content.len() / 2;
        content[middle] ^= 1;
    });
}

#[test]
fn missing_metadata() {
    refuse_changed(3, &["`timestamp.json` is missing"], |bundle| {
        bundle.entries.retain(|(name, _)| name != "metadata/timestamp.json");
    });
}

#[test]
fn a_foreign_file() {
    for name in ["README.md", "metadata/../evil.json", "/etc/cron.d/evil", "blobs/sha256/abc"] {
        let mut bundle = BundleFile::read(&standard().bundle_path());
        bundle.entries.push(("placeholder".to_owned(), b"evil".to_vec()));
        let world = World::new();
        let path = world.path().join("changed.tar.zst");
        bundle.write_with_raw_name(&path, "placeholder", name);
        world.install_from(&path, &standard().trust()).fails(3, &[]);
        assert!(world.root_tree().is_absent(), "{name}");
    }
}

#[test]
fn head_files_after_the_first_blob() {
    refuse_changed(3, &["does not belong there"], |bundle| {
        let position = bundle.position("index.json");
        let entry = bundle.entries.remove(position);
        bundle.entries.push(entry);
    });
}

#[test]
fn a_description_that_comes_late_or_is_no_json() {
    refuse_changed(3, &["is not a bundle"], |bundle| bundle.entries.swap(0, 1));
    refuse_changed(3, &["is not a bundle"], |bundle| *bundle.content("bundle.json") = b"nonsense".to_vec());
    refuse_changed(3, &["is not a bundle", "attune.bundle/v9"], |bundle| {
        bundle.edit_json("bundle.json", |description| description["format"] = json!("attune.bundle/v9"));
    });
}

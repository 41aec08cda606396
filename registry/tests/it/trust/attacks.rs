//! Files that are not what the role above vouches for.

use std::collections::BTreeMap;

use attune_registry::trust::{
    Client, Fetch, FetchError, MetadataError, TrustAnchor, TrustError, UpdateOptions,
};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::world::{TARGET, World, forge, key, keys, now};

/// The four files that a first update reads, the root as the anchor.
fn current_files(world: &World) -> [String; 4] {
    ["1.root.json".to_owned(), "timestamp.json".to_owned(), world.snapshot_file(), world.targets_file()]
}

fn is_accepted(world: &World, files: &BTreeMap<String, Vec<u8>>) -> bool {
    TrustAnchor::from_root_bytes(&files["1.root.json"]).is_ok_and(|anchor| {
        // A changed root is a different one, so accepting it would have to show in its bytes only.
        Client::open(&world.store(), Some(&anchor))
            .and_then(|client| client.update(files, &UpdateOptions::at(now())))
            .is_ok()
    })
}

#[test]
fn an_honest_registry_is_accepted() {
    let world = World::new();
    let verified = world.update().unwrap();
    assert_eq!(verified.registry_name().as_str(), "demo");
    assert!(verified.freshness().waivers.is_empty());
    let target = verified.target(TARGET, &world.files).unwrap();
    assert_eq!(
        (target.length(), target.consistent_path()),
        (3, format!("packs/{}.weather.json", target.sha256().unwrap().hex()))
    );
    target.check(b"one").unwrap();
    for wrong in [&b"two"[..], b"on", b"one "] {
        assert!(matches!(target.check(wrong), Err(TrustError::Mismatch { .. })));
    }
    let unknown = verified.target("packs/other.json", &world.files);
    assert!(matches!(unknown, Err(TrustError::TargetNotFound { .. })));
}

#[test]
fn metadata_signed_by_a_stranger() {
    for file in ["timestamp.json", "2.snapshot.json", "2.targets.json"] {
        let mut world = World::new();
        let stranger = [key(99)];
        let role = file.trim_end_matches(".json").trim_start_matches("2.");
        match role {
            "timestamp" => {
                let bytes = forge(&world.signed(file), &stranger);
                world.files.insert(file.to_owned(), bytes);
            }
            "snapshot" => {
                world.keys.snapshot = stranger.to_vec();
                world.forge_snapshot(|_| {});
            }
            _ => {
                world.keys.targets = stranger.to_vec();
                world.forge_targets(|_| {});
            }
        }
        let error = world.refused();
        assert!(
            matches!(&error, TrustError::Metadata(MetadataError::Signatures { role: refused, .. }) if refused == role),
            "{error}"
        );
    }
}

#[test]
fn a_strangers_registry_of_the_same_name() {
    let world = World::new();
    world.install();
    let mut stranger = World::with_keys(keys(50));
    // Versions are higher, names are the same, all is signed well: by someone else.
    for _ in 0..3 {
        stranger.forge_targets(|_| {});
    }
    let client = Client::open(&world.store(), None).unwrap();
    let error = client.update(&stranger.files, &UpdateOptions::at(now())).unwrap_err();
    assert!(matches!(error, TrustError::Metadata(MetadataError::Signatures { .. })), "{error}");
}

#[test]
fn metadata_without_signatures() {
    let mut world = World::new();
    let unsigned = forge(&world.signed("timestamp.json"), &[]);
    world.files.insert("timestamp.json".to_owned(), unsigned);
    assert!(matches!(world.refused(), TrustError::Metadata(MetadataError::Signatures { .. })));
}

#[test]
fn one_flipped_byte_anywhere() {
    let world = World::new();
    assert!(is_accepted(&world, &world.files));
    for file in current_files(&world) {
        let mut files = world.files.clone();
        for at in 0..world.files[&file].len() {
            for mask in [0x01, 0x20] {
                files.get_mut(&file).unwrap()[at] ^= mask;
                assert!(!is_accepted(&world, &files), "{file}: byte {at} with {mask:#x}");
                files.get_mut(&file).unwrap()[at] ^= mask;
            }
        }
    }
}

proptest! {
    /// Whatever a repository holds, the client gives an answer, and it is a refusal.
    #[test]
    fn arbitrary_edits(file in 0..4_usize, at in any::<Index>(), cut in 0..40_usize, put in "[\\PC]{0,8}") {
        let world = World::new();
        let file = &current_files(&world)[file];
        let mut bytes = world.files[file].clone();
        let start = at.index(bytes.len());
        let end = bytes.len().min(start + cut);
        bytes.splice(start..end, put.bytes());
        let files = world.files.clone().into_iter().chain([(file.clone(), bytes.clone())]).collect();
        prop_assert_eq!(is_accepted(&world, &files), means_the_same(&bytes, &world.files[file], file));
    }
}

/// Added blanks change no meaning; where a hash covers the file they are refused all the same.
fn means_the_same(edited: &[u8], original: &[u8], file: &str) -> bool {
    if file.contains("snapshot") || file.contains("targets") {
        return edited == original;
    }
    let parse = |bytes| serde_json::from_slice::<Value>(bytes).ok();
    parse(edited) == parse(original)
}

#[test]
fn truncated_files() {
    let world = World::new();
    for file in current_files(&world) {
        let bytes = &world.files[&file];
        for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            let mut files = world.files.clone();
            files.insert(file.clone(), bytes[..length].to_vec());
            assert!(!is_accepted(&world, &files), "{file} cut to {length}");
        }
    }
}

#[test]
fn missing_files() {
    for file in ["timestamp.json", "2.snapshot.json", "2.targets.json"] {
        let mut world = World::new();
        world.files.remove(file);
        assert!(matches!(world.refused(), TrustError::Missing { file: missing } if missing == file));
    }
}

#[test]
fn files_that_never_end() {
    for file in ["timestamp.json", "2.snapshot.json", "2.targets.json", "2.root.json"] {
        let mut world = World::new();
        world.files.insert(file.to_owned(), vec![b' '; 1 << 20]);
        assert!(matches!(world.refused(), TrustError::TooLarge { file: large, .. } if large == file));
    }
}

#[test]
fn a_length_beyond_every_limit() {
    let mut world = World::new();
    world.forge_timestamp(|timestamp| timestamp["meta"]["snapshot.json"]["length"] = json!(u64::MAX));
    assert!(matches!(world.refused(), TrustError::TooLarge { .. }));
}

#[test]
fn a_failing_source_is_not_taken_for_an_absent_root() {
    struct HidesRoots(BTreeMap<String, Vec<u8>>);
    impl Fetch for HidesRoots {
        fn fetch(&self, name: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, FetchError> {
            if name == "2.root.json" {
                return Err(FetchError::source("connection reset"));
            }
            self.0.fetch(name, max_bytes)
        }
    }
    let world = World::new();
    let client = Client::open(&world.store(), Some(&world.anchor())).unwrap();
    let error = client.update(&HidesRoots(world.files.clone()), &UpdateOptions::at(now())).unwrap_err();
    assert!(matches!(error, TrustError::Fetch { file, .. } if file == "2.root.json"));
}

#[test]
fn mix_and_match_of_snapshots() {
    let mut world = World::new();
    let old = world.files["2.snapshot.json"].clone();
    world.publish("two");
    // Rightly signed, but not the one that the timestamp names.
    world.files.insert("3.snapshot.json".to_owned(), old);
    assert!(matches!(world.refused(), TrustError::Mismatch { file, .. } if file == "3.snapshot.json"));
}

#[test]
fn mix_and_match_of_targets() {
    let mut world = World::new();
    let old = world.files["2.targets.json"].clone();
    world.publish("two");
    world.files.insert("3.targets.json".to_owned(), old);
    assert!(matches!(world.refused(), TrustError::Mismatch { file, .. } if file == "3.targets.json"));
}

#[test]
fn mix_and_match_without_hashes_is_caught_by_the_version() {
    let mut world = World::new();
    let old = world.files["2.targets.json"].clone();
    world.forge_snapshot(|snapshot| snapshot["meta"]["targets.json"] = json!({"version": 3}));
    world.files.insert("3.targets.json".to_owned(), old.clone());
    assert!(matches!(world.refused(), TrustError::WrongVersion { expected: 3, actual: 2, .. }));

    let old = world.files["2.snapshot.json"].clone();
    world.forge_timestamp(|timestamp| timestamp["meta"]["snapshot.json"] = json!({"version": 9}));
    world.files.insert("9.snapshot.json".to_owned(), old);
    assert!(matches!(world.refused(), TrustError::WrongVersion { expected: 9, actual: 2, .. }));
}

#[test]
fn a_role_of_another_type_signed_by_a_shared_key() {
    let shared = vec![key(7)];
    let mut same = keys(1);
    (same.targets, same.snapshot, same.timestamp) = (shared.clone(), shared.clone(), shared);
    let mut world = World::with_keys(same);
    let targets = world.files["2.targets.json"].clone();
    world.files.insert("timestamp.json".to_owned(), targets);
    assert!(matches!(world.refused(), TrustError::Metadata(MetadataError::Malformed { .. })));
}

#[test]
fn duplicate_json_keys() {
    let mut world = World::new();
    let text = String::from_utf8(world.files["timestamp.json"].clone()).unwrap();
    let twice = text.replacen("\"signed\":{", "\"signed\":{\"version\":9,", 1);
    assert_ne!(text, twice);
    world.files.insert("timestamp.json".to_owned(), twice.into_bytes());
    assert!(matches!(world.refused(), TrustError::Metadata(MetadataError::Malformed { .. })));
}

#[test]
fn targets_missing_from_the_snapshot() {
    let mut world = World::new();
    world.forge_snapshot(|snapshot| snapshot["meta"] = json!({}));
    assert!(matches!(world.refused(), TrustError::NotInSnapshot { file } if file == "targets.json"));
}

#[test]
fn a_target_without_sha256() {
    let mut world = World::new();
    world.forge_targets(|targets| targets["targets"][TARGET]["hashes"] = json!({"sha512": "00"}));
    let target = world.update().unwrap().target(TARGET, &world.files).unwrap();
    assert!(matches!(target.sha256(), Err(TrustError::NoSha256 { .. })));
}

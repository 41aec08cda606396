//! What a host remembers: written only when asked, read only when whole.

use attune_registry::trust::{
    Client, MetadataError, StateError, TrustAnchor, TrustError, TrustPolicy, TrustStore, UpdateOptions,
};
use attune_schemas::problem::ErrorCode;

use super::world::{Keys, World, days, forge, keys, now};

#[test]
fn no_trust_given() {
    let world = World::new();
    let error = Client::open(&world.store(), None).unwrap_err();
    assert!(matches!(error, TrustError::NoTrustAnchor { .. }));
    assert!(world.state().is_empty());
}

#[test]
fn nothing_is_written_before_persist_and_nothing_twice() {
    let world = World::new();
    let verified = world.update().unwrap();
    assert!(world.state().is_empty());
    assert_eq!(verified.persist(&world.store()).unwrap(), 4);
    let state = world.state();
    assert_eq!(
        state.keys().collect::<Vec<_>>(),
        ["root.json", "snapshot.json", "targets.json", "timestamp.json"]
    );
    assert_eq!(verified.persist(&world.store()).unwrap(), 0);
    assert_eq!(world.update().unwrap().persist(&world.store()).unwrap(), 0);
    assert_eq!(world.state(), state);
}

#[test]
fn a_host_that_knows_a_registry_needs_no_root_and_no_unchanged_file() {
    let mut world = World::new();
    world.install();
    world.files.retain(|name, _| name == "timestamp.json");
    let client = Client::open(&world.store(), None).unwrap();
    assert!(client.update(&world.files, &UpdateOptions::at(now())).is_ok());
    let names = TrustStore::registries(world.dir.path()).unwrap();
    assert_eq!(names.iter().map(ToString::to_string).collect::<Vec<_>>(), ["demo"]);
}

#[test]
fn damaged_state_is_an_error_and_not_forgotten() {
    for file in ["root.json", "timestamp.json", "snapshot.json"] {
        let world = World::new();
        world.install();
        let path = world.dir.path().join("demo").join(file);
        let whole = std::fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        *flipped.iter_mut().rev().find(|byte| **byte == b'2').unwrap() = b'1';
        for damaged in [&whole[..whole.len() / 2], b"", &flipped] {
            std::fs::write(&path, damaged).unwrap();
            let error = world.refused();
            assert!(
                matches!(&error, TrustError::Store(StateError::Damaged { path: named, .. }) if *named == path),
                "{error}"
            );
        }
        world.store().remove().unwrap();
        world.install();
    }
}

#[test]
fn a_reset_forgets_versions_and_keeps_root_and_policy() {
    let mut world = World::new();
    let old = world.files.clone();
    world.publish("two");
    world.install();
    let policy = TrustPolicy { expiry_grace: days(3) };
    world.store().set_policy(&policy).unwrap();
    world.files = old;
    assert!(matches!(world.refused(), TrustError::Rollback { .. }));
    world.store().reset().unwrap();
    assert_eq!(world.state().keys().collect::<Vec<_>>(), ["policy.json", "root.json"]);
    world.install();
    assert_eq!(world.store().policy().unwrap(), policy);
    world.store().remove().unwrap();
    assert!(world.state().is_empty());
}

#[test]
fn a_damaged_policy_is_an_error_and_not_no_policy() {
    let world = World::new();
    world.install();
    std::fs::write(world.dir.path().join("demo/policy.json"), b"{}").unwrap();
    let error = world.store().policy().unwrap_err();
    assert!(matches!(error, StateError::PolicyDamaged { .. }));
    assert_eq!(error.code(), ErrorCode::TrustPolicyDamaged);
}

#[test]
fn a_damaged_copy_of_targets_is_fetched_again() {
    let world = World::new();
    world.install();
    std::fs::write(world.dir.path().join("demo/targets.json"), b"{").unwrap();
    world.install();
    assert_eq!(world.state()["targets.json"], world.files["2.targets.json"]);
}

#[test]
fn another_root_for_a_known_registry() {
    let world = World::new();
    world.install();
    let stranger = World::with_keys(keys(50));
    let client = Client::open(&world.store(), Some(&stranger.anchor())).unwrap();
    let error = client.update(&world.files, &UpdateOptions::at(now())).unwrap_err();
    assert!(matches!(error, TrustError::Store(StateError::DifferentRoot { .. })));
    assert!(matches!(world.store().trust(&stranger.anchor(), None), Err(StateError::DifferentRoot { .. })));
}

#[test]
fn older_roots_of_the_chain_stay_acceptable() {
    let mut world = World::new();
    world.install();
    world.rotate(&Keys { root: keys(20).root, ..world.keys.clone() });
    world.install();
    // The first root is given again, although the host is at the second.
    world.install();
    assert!(!world.store().trust(&world.anchor(), None).unwrap());
    assert_eq!(world.store().root().unwrap().unwrap().version(), 2);
}

#[test]
fn a_newer_root_given_by_hand_is_the_next_link() {
    let mut world = World::new();
    world.install();
    world.rotate(&Keys { root: keys(20).root, ..world.keys.clone() });
    let anchor = TrustAnchor::from_root_bytes(&world.files.remove("2.root.json").unwrap()).unwrap();
    let client = Client::open(&world.store(), Some(&anchor)).unwrap();
    let verified = client.update(&world.files, &UpdateOptions::at(now())).unwrap();
    assert_eq!(verified.root().version(), 2);

    let stranger = World::with_keys(keys(50));
    let mut root = stranger.signed("1.root.json");
    root["version"] = 2.into();
    let anchor = TrustAnchor::from_root_bytes(&forge(&root, &stranger.keys.root)).unwrap();
    let client = Client::open(&world.store(), Some(&anchor)).unwrap();
    assert!(client.update(&world.files, &UpdateOptions::at(now())).is_err());
}

#[test]
fn defective_anchors() {
    let world = World::new();
    let root = world.signed("1.root.json");
    let mut nameless = root.clone();
    nameless.as_object_mut().unwrap().remove("x-attune-registry-name");
    let mut hostile = root.clone();
    hostile["x-attune-registry-name"] = "../..".into();
    let stranger = keys(50);
    assert!(matches!(
        TrustAnchor::from_root_bytes(&forge(&nameless, &world.keys.root)),
        Err(MetadataError::NoRegistryName { .. })
    ));
    assert!(matches!(
        TrustAnchor::from_root_bytes(&forge(&hostile, &world.keys.root)),
        Err(MetadataError::Malformed { .. })
    ));
    assert!(matches!(
        TrustAnchor::from_root_bytes(&forge(&root, &stranger.root)),
        Err(MetadataError::Signatures { .. })
    ));
    assert!(matches!(TrustAnchor::from_root_bytes(b"not json"), Err(MetadataError::Malformed { .. })));
    assert!(matches!(
        TrustAnchor::from_root_bytes(&world.files["timestamp.json"]),
        Err(MetadataError::Malformed { .. })
    ));
}

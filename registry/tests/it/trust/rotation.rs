//! New roots: which are followed, and what follows from them.

use std::num::NonZeroU32;

use attune_registry::trust::{RepositoryKeys, Thresholds, TrustError};
use serde_json::{Value, json};

use super::world::{World, forge, init_options, key, keys};

/// A second root that changes the first one, signed by `signers`.
fn put_root(world: &mut World, version: u64, signers: &RepositoryKeys, change: impl FnOnce(&mut Value)) {
    let mut root = world.signed(&format!("{}.root.json", version - 1));
    root["version"] = json!(version);
    change(&mut root);
    world.files.insert(format!("{version}.root.json"), forge(&root, &signers.root));
}

fn rotate(world: &mut World, keys: RepositoryKeys) {
    let old = std::mem::replace(&mut world.keys, keys).root;
    world.files.extend(world.repository.rotate(&old, &init_options(&world.keys)).unwrap());
}

#[test]
fn rotated_keys_are_followed_one_version_at_a_time() {
    let mut world = World::new();
    world.install();
    rotate(&mut world, keys(10));
    rotate(&mut world, keys(20));
    let verified = world.update().unwrap();
    assert_eq!(verified.root().version(), 3);
    verified.persist(&world.store()).unwrap();
    world.publish("two");
    world.install();
}

#[test]
fn a_root_that_the_old_keys_did_not_sign() {
    let mut world = World::new();
    let new = keys(10);
    let other = World::with_keys(new.clone());
    let their_root = other.signed("1.root.json");
    put_root(&mut world, 2, &new, |root| {
        root["keys"] = their_root["keys"].clone();
        root["roles"] = their_root["roles"].clone();
    });
    assert!(matches!(world.refused(), TrustError::Signatures { file, .. } if file == "2.root.json"));
}

#[test]
fn a_root_that_its_own_keys_did_not_sign() {
    let mut world = World::new();
    let old = world.keys.clone();
    let their_root = World::with_keys(keys(10)).signed("1.root.json");
    put_root(&mut world, 2, &old, |root| {
        root["keys"] = their_root["keys"].clone();
        root["roles"] = their_root["roles"].clone();
    });
    assert!(matches!(world.refused(), TrustError::Signatures { file, .. } if file == "2.root.json"));
}

#[test]
fn a_threshold_of_two_met_by_one_key_twice() {
    let mut two = keys(1);
    two.root = vec![key(1), key(9)];
    let mut world = World::with_keys(two);
    let mut signers = world.keys.clone();
    put_root(&mut world, 2, &signers, |root| root["roles"]["root"]["threshold"] = json!(2));
    assert_eq!(world.update().unwrap().root().version(), 2);
    signers.root = vec![key(1), key(1)];
    put_root(&mut world, 3, &signers, |_| {});
    let error = world.refused();
    assert!(matches!(
        error,
        TrustError::Signatures { source, .. } if (source.needed, source.valid) == (2, 1)
    ));
}

#[test]
fn a_root_of_another_version_than_its_name() {
    for version in [1, 3] {
        let mut world = World::new();
        let signers = world.keys.clone();
        put_root(&mut world, 2, &signers, |root| root["version"] = json!(version));
        assert!(matches!(
            world.refused(),
            TrustError::WrongVersion { expected: 2, actual, .. } if actual == version
        ));
    }
}

#[test]
fn a_root_without_a_role() {
    for role in ["root", "timestamp", "snapshot", "targets"] {
        let mut world = World::new();
        let signers = world.keys.clone();
        put_root(&mut world, 2, &signers, |root| {
            root["roles"].as_object_mut().unwrap().remove(role);
        });
        assert!(matches!(world.refused(), TrustError::Malformed { .. }));
    }
}

#[test]
fn a_root_that_renames_the_registry() {
    let mut world = World::new();
    let signers = world.keys.clone();
    put_root(&mut world, 2, &signers, |root| root["x-attune-registry-name"] = json!("other"));
    assert!(matches!(world.refused(), TrustError::RegistryRenamed { .. }));
}

#[test]
fn a_root_that_gives_up_consistent_snapshots() {
    let mut world = World::new();
    let signers = world.keys.clone();
    put_root(&mut world, 2, &signers, |root| root["consistent_snapshot"] = json!(false));
    assert!(matches!(world.refused(), TrustError::NotConsistent { .. }));
}

#[test]
fn only_the_last_root_must_not_be_expired() {
    let mut world = World::new();
    let signers = world.keys.clone();
    let expires = world.signed("1.root.json")["expires"].clone();
    put_root(&mut world, 2, &signers, |root| root["expires"] = json!("2020-01-01T00:00:00Z"));
    assert!(matches!(world.refused(), TrustError::Expired { role, .. } if role == "root"));
    put_root(&mut world, 3, &signers, |root| root["expires"] = expires);
    assert_eq!(world.update().unwrap().root().version(), 3);
}

#[test]
fn a_chain_of_roots_that_never_ends() {
    let mut world = World::new();
    let signers = world.keys.clone();
    for version in 2..=257 {
        put_root(&mut world, version, &signers, |_| {});
    }
    assert_eq!(world.update().unwrap().root().version(), 257);
    put_root(&mut world, 258, &signers, |_| {});
    assert!(matches!(world.refused(), TrustError::TooManyRotations { limit: 256 }));
}

#[test]
fn fast_forward_is_undone_by_rotating_the_online_keys() {
    let mut world = World::new();
    let honest = world.files.clone();
    // Whoever stole the online keys runs the versions up.
    world.forge_snapshot(|snapshot| snapshot["version"] = json!(u64::MAX));
    world.forge_timestamp(|timestamp| timestamp["version"] = json!(u64::MAX));
    world.install();
    world.files = honest;
    assert!(matches!(world.refused(), TrustError::Rollback { .. }));
    let mut new = world.keys.clone();
    (new.snapshot, new.timestamp) = (vec![key(30)], vec![key(31)]);
    rotate(&mut world, new);
    world.install();
    assert_eq!(world.state()["timestamp.json"], world.files["timestamp.json"]);
}

#[test]
fn a_raised_threshold_leaves_a_state_that_loads() {
    let mut world = World::new();
    world.install();
    let mut new = world.keys.clone();
    new.timestamp.push(key(30));
    rotate(&mut world, new.clone());
    world.install();
    let old = std::mem::replace(&mut world.keys, new).root;
    let keys = world.keys.clone();
    let mut options = init_options(&keys);
    options.thresholds.timestamp = NonZeroU32::new(2).unwrap();
    world.files.extend(world.repository.rotate(&old, &options).unwrap());
    let verified = world.update().unwrap();
    verified.persist(&world.store()).unwrap();
    assert_eq!(verified.persist(&world.store()).unwrap(), 0);
    world.install();
}

#[test]
fn rotating_other_keys_does_not_excuse_a_rollback() {
    let mut world = World::new();
    world.publish("two");
    let old = world.files["timestamp.json"].clone();
    world.publish("three");
    world.install();
    let mut new = world.keys.clone();
    (new.root, new.targets) = (vec![key(30)], vec![key(31)]);
    rotate(&mut world, new);
    world.files.insert("timestamp.json".to_owned(), old);
    assert!(matches!(world.refused(), TrustError::Rollback { .. }));
}

#[test]
fn the_publisher_cannot_lock_clients_out() {
    let mut world = World::new();
    let new = keys(10);
    let error = world.repository.rotate(&keys(50).root, &init_options(&new)).unwrap_err();
    assert!(matches!(error, TrustError::Signatures { .. }));
    let mut options = init_options(&new);
    options.thresholds = Thresholds { timestamp: NonZeroU32::new(2).unwrap(), ..Thresholds::default() };
    let error = world.repository.rotate(&world.keys.root.clone(), &options).unwrap_err();
    assert!(matches!(error, TrustError::Signatures { role, .. } if role == "timestamp"));
    options = init_options(&new);
    options.name = "other".parse().unwrap();
    let error = world.repository.rotate(&world.keys.root.clone(), &options).unwrap_err();
    assert!(matches!(error, TrustError::RegistryRenamed { .. }));
    assert_eq!(world.repository.root().version(), 1);
}

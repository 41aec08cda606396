//! New roots: which are followed, and what follows from them.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use attune_registry::trust::{
    Client, Keyring, MetadataError, PublishError, Repository, RootDraft, SharedKey, SigningKey, TrustError,
    TrustStore, UpdateOptions,
};
use attune_schemas::tuf::RoleType;
use serde_json::{Value, json};

use super::world::{Keys, World, forge, key, keys, now};

/// A second root that changes the first one, signed by `signers`.
fn put_root(world: &mut World, version: u64, signers: &Keys, change: impl FnOnce(&mut Value)) {
    let mut root = world.signed(&format!("{}.root.json", version - 1));
    root["version"] = json!(version);
    change(&mut root);
    world.files.insert(format!("{version}.root.json"), forge(&root, &signers.root));
}

#[test]
fn rotated_keys_are_followed_one_version_at_a_time() {
    let mut world = World::new();
    world.install();
    world.rotate(&keys(10));
    world.rotate(&keys(20));
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
    assert!(
        matches!(world.refused(), TrustError::Metadata(MetadataError::Signatures { file, .. }) if file == "2.root.json")
    );
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
    assert!(
        matches!(world.refused(), TrustError::Metadata(MetadataError::Signatures { file, .. }) if file == "2.root.json")
    );
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
    assert!(matches!(error, TrustError::Metadata(MetadataError::Malformed { .. })), "{error}");
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
        assert!(matches!(world.refused(), TrustError::Metadata(MetadataError::Malformed { .. })));
    }
}

#[test]
fn a_root_that_renames_the_registry() {
    let mut world = World::new();
    let signers = world.keys.clone();
    put_root(&mut world, 2, &signers, |root| root["x-attune-registry-name"] = json!("other"));
    assert!(matches!(world.refused(), TrustError::Metadata(MetadataError::RegistryRenamed { .. })));
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
    world.rotate(&new);
    world.install();
    assert_eq!(world.state()["timestamp.json"], world.files["timestamp.json"]);
}

#[test]
fn a_time_of_signing_run_ahead_is_undone_by_rotating_the_online_keys() {
    let mut world = World::new();
    let honest = world.files.clone();
    // Whoever stole the timestamp's key makes hosts believe that it is a year later, when what is honest has expired.
    world.forge_timestamp(|timestamp| {
        timestamp["x-attune-signed-at"] = json!("2030-12-30T00:00:00Z");
        timestamp["expires"] = json!("2099-01-01T00:00:00Z");
    });
    world.install();
    world.files = honest;
    assert!(matches!(world.refused(), TrustError::Rollback { .. }));
    let mut new = world.keys.clone();
    new.timestamp = vec![key(31)];
    world.rotate(&new);
    let freshness = world.update().unwrap().freshness();
    assert_eq!(freshness.time.clock_behind(), None);
    world.install();
}

#[test]
fn a_raised_threshold_leaves_a_state_that_loads() {
    let mut world = World::new();
    world.install();
    let mut new = world.keys.clone();
    new.timestamp.push(key(30));
    world.rotate(&new.clone());
    world.install();
    let two = NonZeroU32::new(2).unwrap();
    let draft = world.next_root(&new).with_threshold(RoleType::Timestamp, two).unwrap();
    world.publish_root(draft, &[&key(1)], &new).unwrap();
    world.keys = new;
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
    world.rotate(&new);
    world.files.insert("timestamp.json".to_owned(), old);
    assert!(matches!(world.refused(), TrustError::Rollback { .. }));
}

#[test]
fn the_publisher_cannot_lock_clients_out() {
    let mut world = World::new();
    let (old, new) = (world.keys.clone(), keys(10));
    let draft = world.next_root(&new);
    for signers in [&[&new.root[0]][..], &[&old.root[0]], &[]] {
        let error = world.publish_root(draft.clone(), signers, &new).unwrap_err();
        let PublishError::Trust(TrustError::Metadata(error)) = error else { panic!("{error}") };
        assert!(matches!(error, MetadataError::Signatures { .. }), "{error}");
    }
    let both = [&old.root[0], &new.root[0]];
    let error = world.publish_root(draft.clone(), &both, &old).unwrap_err();
    assert!(matches!(error, PublishError::KeysMissing { .. }), "{error}");
    let error = draft.with_threshold(RoleType::Timestamp, NonZeroU32::new(2).unwrap()).unwrap_err();
    assert!(matches!(error, PublishError::TooFewKeys { needed: 2, have: 1, .. }), "{error}");
    assert_eq!(world.repository().root().version(), 1);
}

#[test]
fn a_draft_of_another_registry_or_for_another_version() {
    let mut world = World::new();
    let keys = world.keys.clone();
    let mut renamed = world.signed("1.root.json");
    (renamed["version"], renamed["x-attune-registry-name"]) = (json!(2), json!("other"));
    let renamed = attune_registry::trust::RootDraft::parse(&forge(&renamed, &keys.root)).unwrap();
    let error = world.publish_root(renamed, &[], &keys).unwrap_err();
    let PublishError::Trust(TrustError::Metadata(error)) = error else { panic!("{error}") };
    assert!(matches!(error, MetadataError::RegistryRenamed { .. }), "{error}");
    let draft = world.next_root(&keys);
    world.publish_root(draft.clone(), &[&keys.root[0]], &keys).unwrap();
    let error = world.publish_root(draft, &[&keys.root[0]], &keys).unwrap_err();
    let PublishError::Trust(error) = error else { panic!("{error}") };
    assert!(matches!(error, TrustError::WrongVersion { expected: 3, actual: 2, .. }), "{error}");
}

#[test]
fn a_draft_signed_by_several_people_apart() {
    let mut three = keys(1);
    three.root = vec![key(1), key(9), key(10)];
    let mut world = World::with_keys(three.clone());
    let two = NonZeroU32::new(2).unwrap();
    let draft = world.next_root(&three).with_threshold(RoleType::Root, two).unwrap();
    let sign = |seed| {
        // Each gets a copy of the file and gives it back.
        let mut copy = attune_registry::trust::RootDraft::parse(&draft.to_bytes().unwrap()).unwrap();
        assert!(copy.sign(&key(seed)).unwrap());
        assert!(!copy.sign(&key(seed)).unwrap());
        copy
    };
    let (mut first, second) = (sign(1), sign(9));
    let current = world.repository();
    let (old, own) = first.progress(current.root().role()).unwrap();
    assert_eq!((old.is_met(), own.is_met(), own.signed.len(), own.unsigned.len()), (true, false, 1, 2));
    assert!(world.publish_root(first.clone(), &[], &three).is_err());
    assert_eq!((first.merge(&second).unwrap(), first.merge(&second).unwrap()), (1, 0));
    world.publish_root(first, &[], &three).unwrap();
    assert_eq!(world.update().unwrap().root().version(), 2);

    let other = world.next_root(&three);
    assert!(matches!(world.next_root(&three).merge(&sign(10)), Err(PublishError::OtherDraft)));
    assert!(other.signed_by_own().unwrap().signed.is_empty());
}

#[test]
fn a_changed_draft_loses_its_signatures() {
    let world = World::new();
    let mut draft = world.next_root(&world.keys);
    draft.sign(&key(1)).unwrap();
    let changed = draft.with_key(RoleType::Root, key(9).public()).unwrap();
    assert!(changed.signed_by_own().unwrap().signed.is_empty());
    let error = changed.without_key(RoleType::Root, key(77).id()).unwrap_err();
    assert!(matches!(error, PublishError::NoSuchKey { .. }));
}

fn ring_of(keys: &[&Keys]) -> Keyring {
    let roles = keys.iter().flat_map(|keys| RoleType::ALL.map(|role| keys.of(role)));
    roles.flatten().map(|key| Arc::new(key.clone()) as SharedKey).collect()
}

/// What a client and a publisher say of `world`, whose metadata is `files`.
fn reads(
    world: &World,
    files: &BTreeMap<String, Vec<u8>>,
    store: Option<&TrustStore>,
) -> Result<(), TrustError> {
    let client = match store {
        Some(store) => Client::open(store, None)?,
        None => Client::without_store(&world.anchor()),
    };
    let verified = client.update(files, &UpdateOptions::at(now()))?;
    if let Some(store) = store {
        verified.persist(store)?;
    }
    Repository::open(files, now()).map(drop)
}

/// The changes of keys that a cut could fall into: new keys of each role, of several, and a higher threshold.
fn changes(world: &World) -> Vec<(&'static str, RootDraft, Keys)> {
    let old = world.keys.clone();
    let with = |role: RoleType, more: Vec<SigningKey>| {
        let mut new = old.clone();
        *new.of_mut(role) = more;
        new
    };
    let mut changes = Vec::new();
    for (role, seed) in RoleType::ALL.into_iter().zip(30..) {
        let new = with(role, vec![key(seed)]);
        changes.push((role.as_str(), world.next_root(&new), new));
        let two = with(role, [old.of(role).to_vec(), vec![key(seed + 10)]].concat());
        let draft = world.next_root(&two).with_threshold(role, NonZeroU32::new(2).unwrap()).unwrap();
        changes.push(("a threshold", draft, two));
    }
    let new = keys(60);
    changes.push(("all", world.next_root(&new), new));
    changes
}

#[test]
fn a_change_of_keys_that_is_cut_off_leaves_a_registry_that_every_client_reads() {
    let world = World::new();
    for (name, mut draft, new) in changes(&world) {
        for key in world.keys.root.iter().chain(&new.root) {
            draft.sign(key).unwrap();
        }
        let ring = ring_of(&[&world.keys, &new]);
        let files = world.repository().publish_root(&draft, &ring, now()).unwrap();
        let host = tempfile::tempdir().unwrap();
        let store = TrustStore::new(host.path(), &"demo".parse().unwrap());
        Client::open(&store, Some(&world.anchor()))
            .unwrap()
            .update(&world.files, &UpdateOptions::at(now()))
            .unwrap()
            .persist(&store)
            .unwrap();
        let mut state = world.files.clone();
        for (file, bytes) in files {
            state.insert(file.clone(), bytes);
            reads(&world, &state, None).unwrap_or_else(|error| panic!("{name}, {file}, new: {error}"));
            reads(&world, &state, Some(&store))
                .unwrap_or_else(|error| panic!("{name}, {file}, old: {error}"));
        }
        assert_eq!(Repository::open(&state, now()).unwrap().root().version(), 2);
    }
}

#[test]
fn a_change_whose_old_keys_are_gone_is_finished_from_wherever_it_was_cut_off() {
    let world = World::new();
    for (name, mut draft, new) in changes(&world) {
        for key in world.keys.root.iter().chain(&new.root) {
            draft.sign(key).unwrap();
        }
        let files = world.repository().publish_root(&draft, &new.ring(), now()).unwrap();
        let mut state = world.files.clone();
        for (file, bytes) in files {
            state.insert(file.clone(), bytes);
            if Repository::open(&state, now()).is_ok() {
                continue;
            }
            let (before, pending) = Repository::open_before_newest(&state, now()).unwrap().unwrap();
            let mut finished = state.clone();
            finished.extend(before.publish_root(&pending, &new.ring(), now()).unwrap());
            reads(&world, &finished, None).unwrap_or_else(|error| panic!("{name}, {file}: {error}"));
        }
        reads(&world, &state, None).unwrap();
    }
}

#[test]
fn two_signatures_by_one_key_are_refused_though_enough_good_ones_remain() {
    type Attack = (&'static str, fn(&mut World));
    let twice = |keys: &[SigningKey]| [keys, keys].concat();
    let attacks: [Attack; 3] = [
        ("timestamp.json", |world| world.forge_timestamp(|_| {})),
        ("3.snapshot.json", |world| world.forge_snapshot(|_| {})),
        ("2.root.json", |world| {
            let signers = world.keys.clone();
            put_root(world, 2, &signers, |_| {});
        }),
    ];
    for (file, forge) in attacks {
        let mut world = World::new();
        let once = world.keys.clone();
        match file {
            "timestamp.json" => world.keys.timestamp = twice(&once.timestamp),
            "3.snapshot.json" => world.keys.snapshot = twice(&once.snapshot),
            _ => world.keys.root = twice(&once.root),
        }
        forge(&mut world);
        let error = world.refused();
        let TrustError::Metadata(MetadataError::Malformed { file: refused, source }) = error else {
            panic!("{file}: {error}")
        };
        assert_eq!(refused, file);
        assert!(source.to_string().contains("two signatures of key"), "{source}");
        assert!(Repository::open(&world.files, now()).is_err());
    }
}

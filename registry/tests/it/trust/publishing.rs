//! What the publisher writes, and when it writes nothing.

use std::num::NonZeroU32;

use attune_registry::trust::{MetadataError, PublishError, Repository, TrustError, init_repository};

use super::world::{Keys, TARGET, World, days, key, keys, now, setup};

fn names(files: &[(String, Vec<u8>)]) -> Vec<&str> {
    files.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_new_registry_is_four_files_and_equal_inputs_give_equal_bytes() {
    let keys = keys(1);
    let files = init_repository(&setup(&keys), &keys.ring(), now()).unwrap();
    assert_eq!(names(&files), ["1.root.json", "1.targets.json", "1.snapshot.json", "timestamp.json"]);
    assert_eq!(files, init_repository(&setup(&keys), &keys.ring(), now()).unwrap());
}

#[test]
fn publishing_raises_every_version_by_one_and_writes_the_timestamp_last() {
    let mut world = World::new();
    let files = world.publication("two", &world.keys.ring(), now()).unwrap();
    assert_eq!(names(&files), ["3.targets.json", "3.snapshot.json", "timestamp.json"]);
    world.files.extend(files);
    let verified = world.update().unwrap();
    let length = verified.target(TARGET, &world.files).unwrap().length();
    assert_eq!((verified.timestamp().version(), length), (3, 3));
}

#[test]
fn unchanged_targets_write_nothing_until_something_expires_soon() {
    let mut world = World::new();
    let mut publish = |after| {
        let files = world.publication("one", &world.keys.ring(), now() + days(after)).unwrap();
        world.files.extend(files.clone());
        names(&files).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(publish(0).is_empty());
    assert!(publish(60).is_empty());
    assert_eq!(publish(61), ["timestamp.json"]);
    assert!(publish(62).is_empty());
    assert_eq!(publish(244), ["3.targets.json", "3.snapshot.json", "timestamp.json"]);
}

#[test]
fn publishing_needs_no_root_key_and_refuses_wrong_ones() {
    let world = World::new();
    let online = Keys { root: Vec::new(), ..world.keys.clone() };
    assert!(world.publication("two", &online.ring(), now()).is_ok());
    for broken in [
        Keys { targets: Vec::new(), ..online.clone() },
        Keys { snapshot: vec![key(99)], ..online.clone() },
        Keys { timestamp: Vec::new(), ..online.clone() },
    ] {
        let error = world.publication("three", &broken.ring(), now()).unwrap_err();
        assert!(matches!(error, PublishError::KeysMissing { needed: 1, have: 0, .. }), "{error}");
    }
}

#[test]
fn a_threshold_that_the_keys_cannot_meet() {
    let mut keys = keys(1);
    let two = NonZeroU32::new(2).unwrap();
    let mut setup_of_two = setup(&keys);
    setup_of_two.targets.threshold = two;
    let error = init_repository(&setup_of_two, &keys.ring(), now()).unwrap_err();
    assert!(matches!(error, PublishError::KeysMissing { needed: 2, have: 1, .. }), "{error}");

    keys.targets.push(key(9));
    setup_of_two = setup(&keys);
    setup_of_two.targets.threshold = two;
    assert!(init_repository(&setup_of_two, &keys.ring(), now()).is_ok());
}

#[test]
fn nothing_is_signed_on_top_of_foreign_files() {
    let mut world = World::new();
    let stranger = World::with_keys(keys(50));
    world.files.insert("timestamp.json".to_owned(), stranger.files["timestamp.json"].clone());
    assert!(matches!(
        Repository::open(&world.files, now()),
        Err(TrustError::Metadata(MetadataError::Signatures { .. }))
    ));
}

#[test]
fn an_expired_registry_can_be_published_again() {
    let mut world = World::new();
    let later = now() + days(800);
    let files = world.publication("one", &world.keys.ring(), later).unwrap();
    assert_eq!(files.len(), 3);
    world.files.extend(files);
    assert!(world.update_at(later, days(0)).is_ok());
}

#[test]
fn a_publishers_clock_that_was_set_back_signs_no_earlier_than_before() {
    let mut world = World::new();
    let files = world.publication("two", &world.keys.ring(), now() - days(100)).unwrap();
    world.files.extend(files);
    assert_eq!(world.signed("timestamp.json")["x-attune-signed-at"], "2030-01-01T00:00:00Z");
    assert!(world.update().is_ok());
}

#[test]
fn a_refresh_signs_snapshot_and_timestamp_and_tells_what_waits_for_other_keys() {
    let world = World::new();
    let refreshed = world.repository().refresh(&world.files, &world.keys.ring(), now()).unwrap();
    assert_eq!(names(&refreshed.files), ["3.snapshot.json", "timestamp.json"]);
    assert!(refreshed.expiring.is_empty());

    let later = now() + days(300);
    let online = Keys { root: Vec::new(), targets: Vec::new(), ..world.keys.clone() };
    let repository = Repository::open(&world.files, later).unwrap();
    let refreshed = repository.refresh(&world.files, &online.ring(), later).unwrap();
    assert_eq!(names(&refreshed.files), ["3.snapshot.json", "timestamp.json"]);
    assert_eq!(refreshed.expiring.iter().map(|(role, _)| &role[..]).collect::<Vec<_>>(), ["targets"]);
    let refreshed = repository.refresh(&world.files, &world.keys.ring(), later).unwrap();
    assert_eq!(names(&refreshed.files), ["3.targets.json", "3.snapshot.json", "timestamp.json"]);
}

//! What the publisher writes, and when it writes nothing.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use attune_registry::trust::{Periods, Repository, RepositoryKeys, Thresholds, TrustError};
use attune_schemas::tuf::TargetFile;

use super::world::{TARGET, World, days, init_options, key, keys, now, target};

fn names(files: &[(String, Vec<u8>)]) -> Vec<&str> {
    files.iter().map(|(name, _)| name.as_str()).collect()
}

fn targets(content: &str) -> BTreeMap<String, TargetFile> {
    BTreeMap::from([(TARGET.to_owned(), target(content))])
}

#[test]
fn a_new_registry_is_four_files_and_equal_inputs_give_equal_bytes() {
    let keys = keys(1);
    let (_, files) = Repository::init(&init_options(&keys)).unwrap();
    assert_eq!(names(&files), ["1.root.json", "1.targets.json", "1.snapshot.json", "timestamp.json"]);
    assert_eq!(files, Repository::init(&init_options(&keys)).unwrap().1);
}

#[test]
fn publishing_raises_every_version_by_one_and_writes_the_timestamp_last() {
    let mut world = World::new();
    let mut repository = Repository::open(&world.files, now()).unwrap();
    let files = repository.publish(targets("two"), &world.keys, &Periods::default(), now()).unwrap();
    assert_eq!(names(&files), ["3.targets.json", "3.snapshot.json", "timestamp.json"]);
    world.files.extend(files);
    let verified = world.update().unwrap();
    assert_eq!(
        (verified.timestamp().version(), verified.target(TARGET, &world.files).unwrap().length()),
        (3, 3)
    );
}

#[test]
fn unchanged_targets_write_nothing_until_something_expires_soon() {
    let mut world = World::new();
    let mut publish = |after| {
        let periods = Periods::default();
        world.repository.publish(targets("one"), &world.keys, &periods, now() + days(after)).unwrap()
    };
    assert_eq!(publish(0), []);
    assert_eq!(publish(60), []);
    assert_eq!(names(&publish(61)), ["timestamp.json"]);
    assert_eq!(publish(62), []);
    assert_eq!(names(&publish(244)), ["3.targets.json", "3.snapshot.json", "timestamp.json"]);
}

#[test]
fn publishing_needs_no_root_key_and_refuses_wrong_ones() {
    let mut world = World::new();
    let online = RepositoryKeys { root: Vec::new(), ..world.keys.clone() };
    let periods = Periods::default();
    assert!(world.repository.publish(targets("two"), &online, &periods, now()).is_ok());
    for broken in [
        RepositoryKeys { targets: Vec::new(), ..online.clone() },
        RepositoryKeys { snapshot: vec![key(99)], ..online.clone() },
        RepositoryKeys { timestamp: Vec::new(), ..online.clone() },
    ] {
        let error = world.repository.publish(targets("three"), &broken, &periods, now()).unwrap_err();
        assert!(matches!(error, TrustError::Signatures { .. }));
        // Nothing was half done.
        assert_eq!(world.repository.targets().version(), 3);
    }
}

#[test]
fn a_threshold_that_the_keys_cannot_meet() {
    let mut two = keys(1);
    two.targets = vec![key(2), key(2)];
    let mut options = init_options(&two);
    options.thresholds = Thresholds { targets: NonZeroU32::new(2).unwrap(), ..Thresholds::default() };
    let error = Repository::init(&options).unwrap_err();
    assert!(
        matches!(error, TrustError::Signatures { source, .. } if (source.needed, source.valid) == (2, 1))
    );

    let mut two = keys(1);
    two.targets = vec![key(2), key(9)];
    options.keys = &two;
    assert!(Repository::init(&options).is_ok());
}

#[test]
fn nothing_is_signed_on_top_of_foreign_files() {
    let mut world = World::new();
    let stranger = World::with_keys(keys(50));
    world.files.insert("timestamp.json".to_owned(), stranger.files["timestamp.json"].clone());
    assert!(matches!(Repository::open(&world.files, now()), Err(TrustError::Signatures { .. })));
}

#[test]
fn an_expired_registry_can_be_published_again() {
    let mut world = World::new();
    let later = now() + days(800);
    let mut repository = Repository::open(&world.files, later).unwrap();
    let files = repository.publish(targets("one"), &world.keys, &Periods::default(), later).unwrap();
    assert_eq!(files.len(), 3);
    world.files.extend(files);
    assert!(world.update_at(later, days(0)).is_ok());
}

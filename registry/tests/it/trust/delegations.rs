//! Delegated roles: found in order, fetched only when needed, checked like everything else.

use std::cell::RefCell;
use std::collections::BTreeMap;

use attune_registry::trust::{Fetch, FetchError, MetadataError, SigningKey, TrustError};
use attune_schemas::Digest;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::world::{World, days, key, now, target};

/// A source that remembers what it was asked for.
struct Recording<'a>(&'a BTreeMap<String, Vec<u8>>, RefCell<Vec<String>>);

impl Fetch for Recording<'_> {
    fn fetch(&self, name: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, FetchError> {
        self.1.borrow_mut().push(name.to_owned());
        self.0.fetch(name, max_bytes)
    }
}

fn delegation(name: &str, key: &SigningKey, scope: &Value, terminating: bool) -> Value {
    let mut role = json!({"name": name, "keyids": [key.id()], "threshold": 1, "terminating": terminating});
    role.as_object_mut().unwrap().extend(scope.as_object().unwrap().clone());
    role
}

fn delegations(roles: &[Value], keys: &[&SigningKey]) -> Value {
    let keys: BTreeMap<_, _> = keys.iter().map(|key| (key.id().as_str(), key.public())).collect();
    json!({"keys": keys, "roles": roles})
}

fn role(targets: &[(&str, &str)], delegations: &Value) -> Value {
    let targets: BTreeMap<_, _> = targets.iter().map(|(name, content)| (*name, target(content))).collect();
    let mut role = json!({
        "_type": "targets", "spec_version": "1.0.31", "version": 1, "expires": "2031-01-01T00:00:00Z",
        "targets": targets,
    });
    if !delegations.is_null() {
        role["delegations"] = delegations.clone();
    }
    role
}

fn everything() -> Value {
    json!({"paths": ["*", "*/*"]})
}

/// A registry whose top-level targets delegate everything to `roles`, in order, all with one key.
fn delegating_to(roles: &[(&str, bool)]) -> (World, SigningKey) {
    let (mut world, key) = (World::new(), key(40));
    let listed: Vec<_> =
        roles.iter().map(|(name, terminating)| delegation(name, &key, &everything(), *terminating)).collect();
    world.forge_targets(|targets| targets["delegations"] = delegations(&listed, &[&key]));
    (world, key)
}

fn put(world: &mut World, name: &str, signed: &Value, key: &SigningKey) {
    world.put_role(name, signed, std::slice::from_ref(key));
}

fn length_of(world: &World, name: &str) -> Result<u64, TrustError> {
    world.update()?.target(name, &world.files).map(|target| target.length())
}

#[test]
fn only_the_bin_of_the_target_is_fetched() {
    let (mut world, key) = (World::new(), key(40));
    let bins: Vec<String> = (0..16).map(|bin| format!("{bin:x}")).collect();
    let listed: Vec<_> = bins
        .iter()
        .map(|bin| delegation(&format!("bin-{bin}"), &key, &json!({"path_hash_prefixes": [bin]}), true))
        .collect();
    world.forge_targets(|targets| targets["delegations"] = delegations(&listed, &[&key]));
    let hash = Digest::of(b"packs/a.json").hex();
    for bin in &bins {
        // Every bin lists the target; only one may answer for it.
        let length = if hash.starts_with(bin) { "right" } else { "wrong!!" };
        put(&mut world, &format!("bin-{bin}"), &role(&[("packs/a.json", length)], &Value::Null), &key);
    }
    let verified = world.update().unwrap();
    let source = Recording(&world.files, RefCell::default());
    assert_eq!(verified.target("packs/a.json", &source).unwrap().length(), 5);
    assert_eq!(verified.target("packs/a.json", &source).unwrap().length(), 5);
    assert_eq!(*source.1.borrow(), [format!("1.bin-{}.json", &hash[..1])]);

    // Remembered, and then used instead of a download.
    assert_eq!(verified.persist(&world.store()).unwrap(), 5);
    let source = Recording(&world.files, RefCell::default());
    world.update().unwrap().target("packs/a.json", &source).unwrap();
    assert!(source.1.borrow().is_empty());
}

#[test]
fn the_more_trusted_role_answers_first() {
    let (mut world, key) = delegating_to(&[("first", false), ("second", false)]);
    put(&mut world, "first", &role(&[("a", "1")], &Value::Null), &key);
    put(&mut world, "second", &role(&[("a", "22"), ("b", "333")], &Value::Null), &key);
    assert_eq!(length_of(&world, "a").unwrap(), 1);
    assert_eq!(length_of(&world, "b").unwrap(), 3);
}

#[test]
fn the_search_goes_deep_before_it_goes_wide() {
    let (mut world, key) = delegating_to(&[("first", false), ("second", false)]);
    let child = delegations(&[delegation("child", &key, &everything(), false)], &[&key]);
    put(&mut world, "first", &role(&[], &child), &key);
    put(&mut world, "child", &role(&[("a", "1")], &Value::Null), &key);
    put(&mut world, "second", &role(&[("a", "22")], &Value::Null), &key);
    assert_eq!(length_of(&world, "a").unwrap(), 1);
}

#[test]
fn a_terminating_role_ends_the_search() {
    let (mut world, key) = delegating_to(&[("first", true), ("second", false)]);
    put(&mut world, "first", &role(&[], &Value::Null), &key);
    put(&mut world, "second", &role(&[("a", "1")], &Value::Null), &key);
    assert!(matches!(length_of(&world, "a"), Err(TrustError::TargetNotFound { .. })));
}

#[test]
fn a_role_does_not_answer_beyond_its_scope() {
    let (mut world, key) = (World::new(), key(40));
    let scope = json!({"paths": ["packs/*"]});
    let listed = [delegation("packs", &key, &scope, false)];
    world.forge_targets(|targets| targets["delegations"] = delegations(&listed, &[&key]));
    put(&mut world, "packs", &role(&[("packs/a", "1"), ("other/a", "1")], &Value::Null), &key);
    assert!(length_of(&world, "packs/a").is_ok());
    assert!(matches!(length_of(&world, "other/a"), Err(TrustError::TargetNotFound { .. })));
}

#[test]
fn roles_that_delegate_to_each_other() {
    let (mut world, key) = delegating_to(&[("first", false)]);
    let to = |name| delegations(&[delegation(name, &key, &everything(), false)], &[&key]);
    put(&mut world, "first", &role(&[], &to("second")), &key);
    put(&mut world, "second", &role(&[], &to("first")), &key);
    assert!(matches!(length_of(&world, "a"), Err(TrustError::TargetNotFound { .. })));
}

#[test]
fn a_chain_of_delegations_that_never_ends() {
    let (mut world, key) = delegating_to(&[("r1", false)]);
    for at in 1..32 {
        let next = format!("r{}", at + 1);
        let next = delegations(&[delegation(&next, &key, &everything(), false)], &[&key]);
        // The 32nd role asked, the top-level one included, is r31.
        let targets: &[_] = if at == 31 { &[("a", "1")] } else { &[] };
        put(&mut world, &format!("r{at}"), &role(targets, &next), &key);
    }
    put(&mut world, "r32", &role(&[("b", "1")], &Value::Null), &key);
    assert!(length_of(&world, "a").is_ok());
    assert!(matches!(length_of(&world, "b"), Err(TrustError::TooManyDelegations { limit: 32, .. })));
}

#[test]
fn a_delegated_role_signed_by_a_stranger() {
    let (mut world, _) = delegating_to(&[("first", false)]);
    let top_level = world.keys.targets.clone();
    for stranger in [&[key(99)][..], &top_level] {
        world.put_role("first", &role(&[("a", "1")], &Value::Null), stranger);
        assert!(
            matches!(length_of(&world, "a"), Err(TrustError::Metadata(MetadataError::Signatures { role, .. })) if role == "first")
        );
    }
}

#[test]
fn what_one_delegation_vouched_for_does_not_count_for_another() {
    // `shared` is delegated twice, with different keys, for different paths.
    let (mut world, one, two) = (World::new(), key(40), key(41));
    let to_shared = |key: &SigningKey| delegations(&[delegation("shared", key, &everything(), true)], &[key]);
    let listed = [
        delegation("left", &one, &json!({"paths": ["left/*"]}), true),
        delegation("right", &one, &json!({"paths": ["right/*"]}), true),
    ];
    world.forge_targets(|targets| targets["delegations"] = delegations(&listed, &[&one]));
    put(&mut world, "left", &role(&[], &to_shared(&one)), &one);
    put(&mut world, "right", &role(&[], &to_shared(&two)), &one);
    put(&mut world, "shared", &role(&[("left/a", "1"), ("right/a", "1")], &Value::Null), &one);
    let verified = world.update().unwrap();
    assert!(verified.target("left/a", &world.files).is_ok());
    let error = verified.target("right/a", &world.files).unwrap_err();
    assert!(matches!(error, TrustError::Metadata(MetadataError::Signatures { .. })));
}

#[test]
fn a_delegated_role_missing_from_the_snapshot_or_the_repository() {
    let (mut world, key) = delegating_to(&[("first", false)]);
    assert!(
        matches!(length_of(&world, "a"), Err(TrustError::NotInSnapshot { file }) if file == "first.json")
    );
    put(&mut world, "first", &role(&[("a", "1")], &Value::Null), &key);
    world.files.remove("1.first.json");
    assert!(matches!(length_of(&world, "a"), Err(TrustError::Missing { file }) if file == "1.first.json"));
}

#[test]
fn an_expired_delegated_role() {
    let (mut world, key) = delegating_to(&[("first", false)]);
    let mut expired = role(&[("a", "1")], &Value::Null);
    expired["expires"] = json!("2029-12-31T00:00:00Z");
    put(&mut world, "first", &expired, &key);
    assert!(matches!(length_of(&world, "a"), Err(TrustError::Expired { role, .. }) if role == "first"));
    let verified = world.update_at(now(), days(2)).unwrap();
    assert!(verified.target("a", &world.files).is_ok());
    assert_eq!(verified.freshness().waivers[0].role, "first");
    assert!(world.update_at(now(), SignedDuration::ZERO).unwrap().freshness().waivers.is_empty());
}

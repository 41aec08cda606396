//! Metadata that was right once: expiry, freeze and rollback.

use attune_registry::trust::{ExpiryWaiver, TrustError, Verdict};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::world::{TARGET, World, days, forge, now};

const PAST: &str = "2029-12-31T00:00:00Z";

fn expire(world: &mut World, role: &str) {
    let change = |role: &mut Value| role["expires"] = json!(PAST);
    match role {
        "timestamp" => world.forge_timestamp(change),
        "snapshot" => world.forge_snapshot(change),
        "targets" => world.forge_targets(change),
        _ => {
            let mut root = world.signed("1.root.json");
            change(&mut root);
            world.files.insert("1.root.json".to_owned(), forge(&root, &world.keys.root));
        }
    }
}

#[test]
fn expired_metadata() {
    for role in ["root", "timestamp", "snapshot", "targets"] {
        let mut world = World::new();
        expire(&mut world, role);
        let error = world.refused();
        assert!(matches!(&error, TrustError::Expired { role: expired, .. } if expired == role), "{error}");
        assert!(error.to_string().contains(PAST), "{error}");
    }
}

#[test]
fn expired_metadata_within_grace_is_accepted_and_reported() {
    for role in ["root", "timestamp", "snapshot", "targets"] {
        let mut world = World::new();
        expire(&mut world, role);
        let verified = world.update_at(now(), days(2)).unwrap();
        let waiver = ExpiryWaiver { role: role.to_owned(), expired_at: PAST.parse().unwrap() };
        assert_eq!(verified.freshness().waivers, [waiver]);
        assert!(matches!(world.update_at(now(), days(1)), Err(TrustError::Expired { .. })));
    }
}

#[test]
fn a_freeze_ends_with_the_timestamp() {
    let world = World::new();
    world.install();
    assert!(world.update_at(now() + days(89), SignedDuration::ZERO).is_ok());
    let error = world.update_at(now() + days(90), SignedDuration::ZERO).unwrap_err();
    assert!(matches!(error, TrustError::Expired { role, .. } if role == "timestamp"));
}

#[test]
fn grace_does_not_excuse_a_rollback() {
    let mut world = World::new();
    let old = world.files.clone();
    world.publish("two");
    world.install();
    world.files = old;
    let error = world.update_at(now() + days(9000), SignedDuration::MAX).unwrap_err();
    assert!(matches!(error, TrustError::Rollback { .. }));
}

#[test]
fn rollback_of_the_timestamp() {
    let mut world = World::new();
    let old = world.files["timestamp.json"].clone();
    world.publish("two");
    world.install();
    world.files.insert("timestamp.json".to_owned(), old);
    let error = world.refused();
    assert!(
        matches!(&error, TrustError::Rollback { role, trusted: 3, offered: 2 } if role == "timestamp"),
        "{error}"
    );
}

#[test]
fn rollback_of_the_snapshot_in_a_new_timestamp() {
    let mut world = World::new();
    let old = world.signed("timestamp.json")["meta"].clone();
    world.publish("two");
    world.install();
    world.forge_timestamp(|timestamp| timestamp["meta"] = old);
    let error = world.refused();
    assert!(matches!(&error, TrustError::Rollback { role, trusted: 3, offered: 2 } if role == "snapshot"));
}

#[test]
fn rollback_of_the_snapshot_when_only_the_snapshot_was_kept() {
    let mut world = World::new();
    let old = world.files.clone();
    world.publish("two");
    world.install();
    // As a crash would leave it that wrote the snapshot and not yet the timestamp.
    std::fs::write(world.dir.path().join("demo/timestamp.json"), &old["timestamp.json"]).unwrap();
    world.files = old;
    let error = world.refused();
    assert!(matches!(&error, TrustError::Rollback { role, trusted: 3, offered: 2 } if role == "snapshot"));
}

#[test]
fn rollback_of_the_targets_in_a_new_snapshot() {
    let mut world = World::new();
    let old = world.signed("2.snapshot.json")["meta"].clone();
    world.publish("two");
    world.install();
    world.forge_snapshot(|snapshot| snapshot["meta"] = old);
    let error = world.refused();
    assert!(matches!(&error, TrustError::Rollback { role, trusted: 3, offered: 2 } if role == "targets"));
}

#[test]
fn a_role_removed_from_the_snapshot() {
    let mut world = World::new();
    world.forge_snapshot(|snapshot| snapshot["meta"]["bin-0.json"] = json!({"version": 4}));
    world.install();
    world.forge_snapshot(|snapshot| {
        snapshot["meta"].as_object_mut().unwrap().remove("bin-0.json");
    });
    assert!(matches!(world.refused(), TrustError::RoleRemoved { file } if file == "bin-0.json"));
}

#[test]
fn a_timestamp_of_the_same_version_with_other_content_is_ignored() {
    let mut world = World::new();
    world.install();
    let before = world.files["timestamp.json"].clone();
    world.forge_targets(|targets| targets["targets"][TARGET]["length"] = json!(99));
    let mut timestamp = world.signed("timestamp.json");
    timestamp["version"] = json!(2);
    world.files.insert("timestamp.json".to_owned(), forge(&timestamp, &world.keys.timestamp));
    let verified = world.update().unwrap();
    assert_eq!(verified.timestamp().bytes(), before);
    assert_eq!(verified.target(TARGET, &world.files).unwrap().length(), 3);
}

#[test]
fn an_update_forwards_is_accepted() {
    let mut world = World::new();
    world.install();
    world.publish("three");
    world.install();
    let verified = world.update().unwrap();
    assert_eq!(verified.target(TARGET, &world.files).unwrap().length(), 5);
}

#[test]
fn a_clock_set_back_before_the_last_signing_opens_no_door() {
    let mut world = World::new();
    expire(&mut world, "targets");
    // The targets expired on 2029-12-31, the registry signed on 2030-01-01: no clock can undo that.
    let error = world.update_at(now() - days(300), SignedDuration::ZERO).unwrap_err();
    assert!(matches!(&error, TrustError::Expired { role, .. } if role == "targets"), "{error}");
    assert_eq!(error.verdict(), Some(Verdict::Stale));
    // Nor is a root that has expired since then fresh again.
    let mut world = World::new();
    expire(&mut world, "root");
    let error = world.update_at(now() - days(300), SignedDuration::ZERO).unwrap_err();
    assert!(matches!(&error, TrustError::Expired { role, .. } if role == "root"), "{error}");
}

#[test]
fn what_was_signed_later_than_anything_seen_is_remembered_with_the_timestamp() {
    let mut world = World::new();
    let behind = now() - days(300);
    let freshness = world.update_at(behind, SignedDuration::ZERO).unwrap().freshness();
    assert_eq!(freshness.verdict(), Verdict::Fresh);
    assert_eq!(freshness.time.clock_behind(), Some(days(300)));
    assert_eq!(world.update().unwrap().freshness().time.clock_behind(), None);
    world.install();
    // An honest old timestamp would be judged by what the host knows, were it not refused as older.
    world.forge_timestamp(|timestamp| timestamp["expires"] = json!("2029-12-31T23:59:59Z"));
    let error = world.update_at(behind, SignedDuration::ZERO).unwrap_err();
    assert!(matches!(error, TrustError::Expired { .. }), "{error}");
}

#[test]
fn a_clock_far_ahead_locks_no_door() {
    let world = World::new();
    let ahead = now() + days(1000);
    let error = world.update_at(ahead, SignedDuration::ZERO).unwrap_err();
    assert_eq!(error.verdict(), Some(Verdict::Stale));
    // Whoever allows any age installs, and is told; nothing of the wrong clock is remembered.
    let verified = world.update_at(ahead, SignedDuration::MAX).unwrap();
    assert_eq!(verified.freshness().verdict(), Verdict::Stale);
    verified.persist(&world.store()).unwrap();
    assert_eq!(world.update().unwrap().freshness().verdict(), Verdict::Fresh);
}

#[test]
fn a_newer_timestamp_that_was_signed_earlier() {
    let mut world = World::new();
    world.install();
    world.forge_timestamp(|timestamp| timestamp["x-attune-signed-at"] = json!("2029-12-31T00:00:00Z"));
    let error = world.refused();
    assert!(matches!(error, TrustError::SignedEarlier { .. }), "{error}");
    assert_eq!(error.verdict(), Some(Verdict::RolledBack));
}

#[test]
fn metadata_of_others_says_nothing_of_when_it_was_signed() {
    let mut world = World::new();
    world.forge_timestamp(|timestamp| {
        timestamp.as_object_mut().unwrap().remove("x-attune-signed-at");
    });
    let freshness = world.update_at(now() - days(300), SignedDuration::ZERO).unwrap().freshness();
    assert_eq!((freshness.verdict(), freshness.time.newest_signed), (Verdict::Fresh, None));
}

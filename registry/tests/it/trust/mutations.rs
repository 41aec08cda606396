//! Whatever is done to any metadata file of a registry with bins, nothing is accepted that the unchanged
//! chain would not vouch for, and nothing panics.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::OnceLock;

use attune_registry::trust::{
    BinCount, Client, Repository, RoleSetup, TargetChanges, TrustAnchor, TrustStore, UpdateOptions,
    init_repository,
};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::world::{TARGET, World, key, keys, now, setup, target};

/// A registry with two roots and four bins.
fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let mut all = keys(1);
        // One key for targets and bins, so that one ring signs both.
        let bins = RoleSetup { keys: vec![key(2).public().clone()], threshold: NonZeroU32::MIN };
        let mut with_bins = setup(&all);
        with_bins.bins = Some((BinCount::new(4).unwrap(), bins));
        let files = init_repository(&with_bins, &all.ring(), now()).unwrap();
        let mut world = World::new();
        world.files = files.into_iter().collect();
        all.root.push(key(9));
        world.rotate(&all);
        let changes = TargetChanges::from([(TARGET.to_owned(), Some(target("one")))]);
        let repository = Repository::open(&world.files, now()).unwrap();
        world.files.extend(repository.publish(changes, &world.files, &all.ring(), now()).unwrap());
        world
    })
}

/// The files that finding the target takes, the anchor first.
fn chain() -> Vec<String> {
    let world = world();
    let bin = BinCount::new(4).unwrap().bin_of(TARGET);
    let (snapshot, targets) = (world.snapshot_file(), world.targets_file());
    let roots = ["1.root.json", "2.root.json", "timestamp.json"].map(str::to_owned);
    roots.into_iter().chain([snapshot, targets, format!("2.{bin}.json")]).collect()
}

/// What a client makes of `files`: whether it accepts them, and if so what it found.
fn verdict(files: &BTreeMap<String, Vec<u8>>, store: Option<&TrustStore>) -> Option<(Vec<u64>, u64, String)> {
    let anchor = TrustAnchor::from_root_bytes(&files["1.root.json"]);
    let client = match store {
        Some(store) => Client::open(store, None).ok()?,
        None => Client::without_store(&anchor.ok()?),
    };
    let repository = client.update(files, &UpdateOptions::at(now())).ok()?;
    let target = repository.target(TARGET, files).ok()?;
    let versions = vec![
        repository.root().version(),
        repository.timestamp().version(),
        repository.snapshot().version(),
        repository.targets().version(),
    ];
    Some((versions, target.length(), target.sha256().ok()?.hex()))
}

fn signed(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice::<Value>(bytes).ok()?.get("signed").cloned()
}

/// Checks the one property.
fn holds(file: &str, changed: Vec<u8>) -> Result<(), TestCaseError> {
    let world = world();
    let (original, honest) = (&world.files[file], verdict(&world.files, None));
    prop_assert!(honest.is_some());
    let mut files = world.files.clone();
    let is_same = signed(&changed) == signed(original);
    files.insert(file.to_owned(), changed);
    let found = verdict(&files, None);
    prop_assert!(found.is_none() || (found == honest && is_same), "{file} was accepted");
    // A host that has seen the honest registry takes nothing else from this one, either.
    let remembered = verdict(&files, Some(remembering()));
    prop_assert!(remembered.is_none() || remembered == honest, "{file} was accepted by a host with memory");
    Ok(())
}

/// The store of a host that has seen the registry.
fn remembering() -> &'static TrustStore {
    static STORE: OnceLock<(tempfile::TempDir, TrustStore)> = OnceLock::new();
    let (_, store) = STORE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let store = TrustStore::new(dir.path(), &"demo".parse().unwrap());
        let anchor = TrustAnchor::from_root_bytes(&world().files["1.root.json"]).unwrap();
        let client = Client::open(&store, Some(&anchor)).unwrap();
        client.update(&world().files, &UpdateOptions::at(now())).unwrap().persist(&store).unwrap();
        (dir, store)
    });
    store
}

/// A change of bytes: flipped, dropped, repeated, or two ranges in each other's place.
fn edit(bytes: &[u8], kind: u8, at: Index, length: usize, mask: u8) -> Vec<u8> {
    let start = at.index(bytes.len());
    let end = bytes.len().min(start + length);
    let mut edited = bytes.to_vec();
    match kind {
        0 => edited[start] ^= mask.max(1),
        1 => drop(edited.drain(start..end)),
        2 => drop(edited.splice(start..start, bytes[start..end].to_vec())),
        _ => edited[start..].rotate_left((end - start).min(bytes.len() - start)),
    }
    edited
}

/// A change of the document: the field at `path` steps dropped, renamed, repeated, replaced or reordered.
fn restructure(value: &mut Value, path: &[Index], kind: u8) {
    let Some((step, rest)) = path.split_first() else { return };
    match value {
        Value::Object(members) if !members.is_empty() => {
            let name = members.keys().nth(step.index(members.len())).unwrap().clone();
            let is_leaf = !members[&name].is_object() && !members[&name].is_array();
            if !rest.is_empty() && !is_leaf {
                return restructure(members.get_mut(&name).unwrap(), rest, kind);
            }
            let removed = members.remove(&name).unwrap();
            match kind {
                0 => {}
                1 => drop(members.insert(format!("{name}_"), removed)),
                2 => drop(members.insert(name, Value::from(1))),
                3 => drop(members.insert(name, Value::Null)),
                _ => {
                    members.insert("added".to_owned(), removed.clone());
                    members.insert(name, removed);
                }
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = step.index(items.len());
            if !rest.is_empty() && (items[at].is_object() || items[at].is_array()) {
                return restructure(&mut items[at], rest, kind);
            }
            match kind {
                0 => drop(items.remove(at)),
                1 => items.reverse(),
                2 => items.push(items[at].clone()),
                3 => items[at] = Value::from("other"),
                _ => items.clear(),
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn changed_bytes(
        file in any::<Index>(), kind in 0..4_u8, at in any::<Index>(), length in 1..40_usize, mask in any::<u8>()
    ) {
        let file = file.get(&chain()).clone();
        holds(&file, edit(&world().files[&file], kind, at, length, mask))?;
    }

    #[test]
    fn changed_fields(
        file in any::<Index>(), path in prop::collection::vec(any::<Index>(), 1..6), kind in 0..5_u8
    ) {
        let file = file.get(&chain()).clone();
        let mut document: Value = serde_json::from_slice(&world().files[&file]).unwrap();
        restructure(&mut document, &path, kind);
        holds(&file, serde_json::to_vec(&document).unwrap())?;
    }

    #[test]
    fn a_field_named_twice(file in any::<Index>(), at in any::<Index>(), value in "[0-9a-z]{1,4}") {
        let file = file.get(&chain()).clone();
        let text = String::from_utf8(world().files[&file].clone()).unwrap();
        let objects: Vec<usize> = text.match_indices("{\"").map(|(at, _)| at).collect();
        let start = *at.get(&objects) + 1;
        let name = text[start..].split(':').next().unwrap();
        let twice = format!("{}{name}:\"{value}\",{}", &text[..start], &text[start..]);
        holds(&file, twice.into_bytes())?;
    }

    #[test]
    fn files_in_each_others_place(one in any::<Index>(), other in any::<Index>()) {
        // The anchor aside: what a person hands over as such is trusted by their word.
        let (one, other) = (one.get(&chain()[1..]).clone(), other.get(&chain()).clone());
        holds(&one, world().files[&other].clone())?;
    }
}

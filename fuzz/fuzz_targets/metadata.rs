//! Any bytes in the place of any metadata file: nothing panics, and nothing is accepted that does not say
//! what the publisher signed.
//!
//! The first byte chooses the file, the second whether the rest replaces it or is written over a part of it.

#![no_main]

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use attune_registry::trust::{
    BinCount, Client, Keyring, RegistrySetup, Repository, RoleSetup, SharedKey, SigningKey, TargetChanges,
    TrustAnchor, UpdateOptions, init_repository,
};
use attune_schemas::Digest;
use attune_schemas::tuf::{ExpiryDays, TargetFile};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const TARGET: &str = "packs/weather.json";

type Files = BTreeMap<String, Vec<u8>>;

fn now() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_900_000_000).unwrap()
}

/// A sound registry, and the files that finding its target takes.
fn sound() -> &'static (Files, Vec<String>) {
    static SOUND: OnceLock<(Files, Vec<String>)> = OnceLock::new();
    SOUND.get_or_init(|| {
        let key = SigningKey::from_seed(&[7; 32]);
        let role = || RoleSetup { keys: vec![key.public().clone()], threshold: NonZeroU32::MIN };
        let bins = BinCount::new(2).unwrap();
        let setup = RegistrySetup {
            name: "demo".parse().unwrap(),
            root: role(),
            targets: role(),
            snapshot: role(),
            timestamp: role(),
            bins: Some((bins, role())),
            expiry: ExpiryDays::default(),
        };
        let ring: Keyring = [Arc::new(key.clone()) as SharedKey].into_iter().collect();
        let mut files: Files = init_repository(&setup, &ring, now()).unwrap().into_iter().collect();
        let target = TargetFile::new(3, Digest::of(b"one"));
        let changes = TargetChanges::from([(TARGET.to_owned(), Some(target))]);
        let repository = Repository::open(&files, now()).unwrap();
        files.extend(repository.publish(changes, &files, &ring, now()).unwrap());
        let bin = format!("2.{}.json", bins.bin_of(TARGET));
        let names = ["timestamp.json", "2.snapshot.json", "1.targets.json", &bin, "2.root.json"];
        (files, names.map(str::to_owned).to_vec())
    })
}

fn find(files: &Files) -> Option<(u64, String)> {
    let client = Client::without_store(&TrustAnchor::from_root_bytes(&files["1.root.json"]).ok()?);
    let repository = client.update(files, &UpdateOptions::at(now())).ok()?;
    let target = repository.target(TARGET, files).ok()?;
    Some((target.length(), target.sha256().ok()?.hex()))
}

fn signed(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice::<Value>(bytes).ok()?.get("signed").cloned()
}

fuzz_target!(|data: &[u8]| {
    let [choice, mode, rest @ ..] = data else { return };
    let (sound, names) = sound();
    let name = &names[usize::from(*choice) % names.len()];
    let original = sound.get(name).cloned().unwrap_or_default();
    let changed = match mode {
        0..128 => rest.to_vec(),
        _ => {
            let at = original.len() * usize::from(mode - 128) / 128;
            let end = original.len().min(at + rest.len());
            [&original[..at], rest, &original[end..]].concat()
        }
    };
    let mut files = sound.clone();
    files.insert(name.clone(), changed.clone());
    if let Some(found) = find(&files) {
        assert_eq!(signed(&changed), signed(&original), "{name} says something else");
        assert_eq!(found, find(sound).unwrap());
    }
    let _ = TrustAnchor::from_root_bytes(&changed);
});

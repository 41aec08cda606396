//! A registry, its keys, and a host that trusts it; and the means to forge metadata that the publisher
//! would never write.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use attune_registry::trust::{
    Client, ExpiryPolicy, Keyring, MetadataFiles, PublishError, RegistrySetup, Repository, RoleSetup,
    RootDraft, SharedKey, SigningKey, TargetChanges, TrustAnchor, TrustError, TrustStore, UpdateOptions,
    VerifiedRepository, init_repository,
};
use attune_schemas::Digest;
use attune_schemas::tuf::{Envelope, ExpiryDays, RoleType, TargetFile};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The target that the registry always has.
pub(super) const TARGET: &str = "packs/weather.json";

pub(super) struct World {
    pub(super) keys: Keys,
    pub(super) files: BTreeMap<String, Vec<u8>>,
    pub(super) dir: TempDir,
}

/// The keys of the four top-level roles.
#[derive(Clone, Default)]
pub(super) struct Keys {
    pub(super) root: Vec<SigningKey>,
    pub(super) targets: Vec<SigningKey>,
    pub(super) snapshot: Vec<SigningKey>,
    pub(super) timestamp: Vec<SigningKey>,
}

impl Keys {
    pub(super) fn of(&self, role: RoleType) -> &[SigningKey] {
        match role {
            RoleType::Root => &self.root,
            RoleType::Targets => &self.targets,
            RoleType::Snapshot => &self.snapshot,
            RoleType::Timestamp => &self.timestamp,
        }
    }

    pub(super) fn of_mut(&mut self, role: RoleType) -> &mut Vec<SigningKey> {
        match role {
            RoleType::Root => &mut self.root,
            RoleType::Targets => &mut self.targets,
            RoleType::Snapshot => &mut self.snapshot,
            RoleType::Timestamp => &mut self.timestamp,
        }
    }

    /// All of them, for signing.
    pub(super) fn ring(&self) -> Keyring {
        let all = RoleType::ALL.into_iter().flat_map(|role| self.of(role));
        all.map(|key| Arc::new(key.clone()) as SharedKey).collect()
    }
}

/// When the registry was made.
pub(super) fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

pub(super) fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

pub(super) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

pub(super) fn keys(first_seed: u8) -> Keys {
    Keys {
        root: vec![key(first_seed)],
        targets: vec![key(first_seed + 1)],
        snapshot: vec![key(first_seed + 2)],
        timestamp: vec![key(first_seed + 3)],
    }
}

/// A registry without bins where one key of each role suffices.
pub(super) fn setup(keys: &Keys) -> RegistrySetup {
    let role = |role| {
        let keys = keys.of(role).iter().map(|key| key.public().clone()).collect();
        RoleSetup { keys, threshold: NonZeroU32::MIN }
    };
    RegistrySetup {
        name: "demo".parse().unwrap(),
        root: role(RoleType::Root),
        targets: role(RoleType::Targets),
        snapshot: role(RoleType::Snapshot),
        timestamp: role(RoleType::Timestamp),
        bins: None,
        expiry: ExpiryDays::default(),
    }
}

pub(super) fn target(content: &str) -> TargetFile {
    TargetFile::new(content.len() as u64, Digest::of(content.as_bytes()))
}

/// A metadata file around `signed`, signed by `keys`, whatever it says.
pub(super) fn forge(signed: &Value, keys: &[SigningKey]) -> Vec<u8> {
    let envelope = json!({"signatures": [], "signed": signed}).to_string();
    let mut envelope = Envelope::parse(envelope.as_bytes()).unwrap();
    let message = envelope.signed_bytes().unwrap();
    envelope.signatures = keys.iter().map(|key| key.sign(&message)).collect();
    envelope.to_bytes().unwrap()
}

pub(super) fn describe(version: &Value, bytes: &[u8]) -> Value {
    json!({"version": version, "length": bytes.len(), "hashes": {"sha256": Digest::of(bytes).hex()}})
}

impl World {
    /// A registry with one target, seen by no host yet.
    pub(super) fn new() -> Self {
        Self::with_keys(keys(1))
    }

    pub(super) fn with_keys(keys: Keys) -> Self {
        let files = init_repository(&setup(&keys), &keys.ring(), now()).unwrap();
        let files = files.into_iter().collect();
        let mut world = Self { keys, files, dir: tempfile::tempdir().unwrap() };
        world.publish("one");
        world
    }

    pub(super) fn repository(&self) -> Repository {
        Repository::open(&self.files, now()).unwrap()
    }

    /// What publishing the target with `content` by `keys` writes.
    pub(super) fn publication(
        &self,
        content: &str,
        keys: &Keyring,
        now: Timestamp,
    ) -> Result<MetadataFiles, PublishError> {
        let changes = TargetChanges::from([(TARGET.to_owned(), Some(target(content)))]);
        Repository::open(&self.files, now)?.publish(changes, &self.files, keys, now)
    }

    /// Publishes the target with new content.
    pub(super) fn publish(&mut self, content: &str) {
        let files = self.publication(content, &self.keys.ring(), now()).unwrap();
        self.files.extend(files);
    }

    /// The next root, which names `keys` and is signed by nobody.
    pub(super) fn next_root(&self, keys: &Keys) -> RootDraft {
        let mut draft = RootDraft::after(self.repository().root().role(), now()).unwrap();
        for role in RoleType::ALL {
            for key in keys.of(role) {
                draft = draft.with_key(role, key.public()).unwrap();
            }
            let listed = draft.root().roles.get(role).keyids.clone();
            for id in listed.iter().filter(|id| keys.of(role).iter().all(|key| key.id() != *id)) {
                draft = draft.without_key(role, id).unwrap();
            }
        }
        draft
    }

    /// Publishes `draft`, signed by `signers` and the roles below it by `keys`.
    pub(super) fn publish_root(
        &mut self,
        mut draft: RootDraft,
        signers: &[&SigningKey],
        keys: &Keys,
    ) -> Result<(), PublishError> {
        for key in signers {
            draft.sign(*key)?;
        }
        let files = self.repository().publish_root(&draft, &keys.ring(), now())?;
        self.files.extend(files);
        Ok(())
    }

    /// Hands the registry over to other keys.
    pub(super) fn rotate(&mut self, keys: &Keys) {
        let draft = self.next_root(keys);
        let old = std::mem::replace(&mut self.keys, keys.clone()).root;
        let signers: Vec<&SigningKey> = old.iter().chain(&keys.root).collect();
        self.publish_root(draft, &signers, keys).unwrap();
    }

    pub(super) fn anchor(&self) -> TrustAnchor {
        TrustAnchor::from_root_bytes(&self.files["1.root.json"]).unwrap()
    }

    pub(super) fn store(&self) -> TrustStore {
        TrustStore::new(self.dir.path(), &"demo".parse().unwrap())
    }

    /// What a host says that keeps its trust in this world's directory.
    pub(super) fn update_at(
        &self,
        now: Timestamp,
        grace: SignedDuration,
    ) -> Result<VerifiedRepository, TrustError> {
        let options = UpdateOptions { expiry: ExpiryPolicy { grace }, ..UpdateOptions::at(now) };
        Client::open(&self.store(), Some(&self.anchor()))?.update(&self.files, &options)
    }

    pub(super) fn update(&self) -> Result<VerifiedRepository, TrustError> {
        self.update_at(now(), SignedDuration::ZERO)
    }

    /// An update whose result the host remembers.
    pub(super) fn install(&self) {
        self.update().unwrap().persist(&self.store()).unwrap();
    }

    /// The content of the host's trust directory.
    pub(super) fn state(&self) -> BTreeMap<String, Vec<u8>> {
        let Ok(entries) = std::fs::read_dir(self.dir.path().join("demo")) else { return BTreeMap::new() };
        let entries = entries.map(|entry| entry.unwrap());
        entries
            .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
            .collect()
    }

    /// Asserts that an update is refused and that the host's state did not change; returns why.
    pub(super) fn refused(&self) -> TrustError {
        let before = self.state();
        let error = self.update().expect_err("the update must be refused");
        assert_eq!(self.state(), before);
        error
    }

    /// The signed part of `file`.
    pub(super) fn signed(&self, file: &str) -> Value {
        serde_json::from_slice::<Value>(&self.files[file]).unwrap()["signed"].take()
    }

    pub(super) fn snapshot_file(&self) -> String {
        format!("{}.snapshot.json", self.signed("timestamp.json")["meta"]["snapshot.json"]["version"])
    }

    pub(super) fn targets_file(&self) -> String {
        format!("{}.targets.json", self.signed(&self.snapshot_file())["meta"]["targets.json"]["version"])
    }

    /// Changes the timestamp and signs it anew, with a higher version.
    pub(super) fn forge_timestamp(&mut self, change: impl FnOnce(&mut Value)) {
        let mut timestamp = self.signed("timestamp.json");
        timestamp["version"] = json!(timestamp["version"].as_u64().unwrap() + 1);
        change(&mut timestamp);
        self.files.insert("timestamp.json".to_owned(), forge(&timestamp, &self.keys.timestamp));
    }

    /// Changes the snapshot and signs it anew, with a higher version and a timestamp that names it.
    pub(super) fn forge_snapshot(&mut self, change: impl FnOnce(&mut Value)) {
        let mut snapshot = self.signed(&self.snapshot_file());
        snapshot["version"] = json!(snapshot["version"].as_u64().unwrap() + 1);
        change(&mut snapshot);
        let bytes = forge(&snapshot, &self.keys.snapshot);
        self.forge_timestamp(|timestamp| {
            timestamp["meta"]["snapshot.json"] = describe(&snapshot["version"], &bytes);
        });
        self.files.insert(format!("{}.snapshot.json", snapshot["version"]), bytes);
    }

    /// Puts a targets role into the registry, listed in a new snapshot.
    pub(super) fn put_role(&mut self, name: &str, signed: &Value, keys: &[SigningKey]) {
        let bytes = forge(signed, keys);
        self.forge_snapshot(|snapshot| {
            snapshot["meta"][format!("{name}.json")] = describe(&signed["version"], &bytes);
        });
        self.files.insert(format!("{}.{name}.json", signed["version"]), bytes);
    }

    /// Changes the top-level targets and signs them anew, with a higher version and all that names them.
    pub(super) fn forge_targets(&mut self, change: impl FnOnce(&mut Value)) {
        let mut targets = self.signed(&self.targets_file());
        targets["version"] = json!(targets["version"].as_u64().unwrap() + 1);
        change(&mut targets);
        let keys = self.keys.targets.clone();
        self.put_role("targets", &targets, &keys);
    }
}

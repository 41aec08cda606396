//! A registry whose metadata has been verified: what it holds, and what is to be remembered of it.
//!
//! It stands between the metadata and everything named by it. Targets are looked up one by one, so
//! that of many delegated roles only those on the way are fetched. It does not fetch targets:
//! [`verify_target_bytes`] judges bytes that came from wherever.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use attune_schemas::Digest;
use attune_schemas::tuf::{RegistryName, Root, Snapshot, TargetFile, Targets, Timestamp};
use serde_json::Value;

use super::anchor::registry_name;
use super::client::{Update, UpdateOptions};
use super::delegated::{DelegatedRoles, Search};
use super::error::TrustError;
use super::expiry::ExpiryWaiver;
use super::fetch::{Fetch, role_file};
use super::store::{StoredFile, TrustStore};
use super::verified::Verified;

/// The verified metadata of a registry.
#[derive(Debug)]
pub struct VerifiedRepository {
    options: UpdateOptions,
    registry_name: RegistryName,
    root: Verified<Root>,
    timestamp: Verified<Timestamp>,
    snapshot: Verified<Snapshot>,
    targets: Arc<Verified<Targets>>,
    store: Option<TrustStore>,
    versions_forgotten: bool,
    waivers: Vec<ExpiryWaiver>,
    delegated: Mutex<DelegatedRoles>,
}

/// A target that the registry's metadata vouches for.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedTarget {
    name: String,
    sha256: Digest,
    file: TargetFile,
}

impl VerifiedRepository {
    pub(super) fn new(
        update: Update<'_>,
        timestamp: Verified<Timestamp>,
        snapshot: Verified<Snapshot>,
        targets: Verified<Targets>,
        versions_forgotten: bool,
    ) -> Self {
        let name = registry_name("root.json", update.root.role()).cloned();
        Self {
            options: *update.options,
            registry_name: name.expect("the root chain accepts no root without a registry name"),
            root: update.root,
            timestamp,
            snapshot,
            targets: Arc::new(targets),
            store: update.store,
            versions_forgotten,
            waivers: update.waivers,
            delegated: Mutex::default(),
        }
    }

    /// The registry's name, from its root.
    pub const fn registry_name(&self) -> &RegistryName {
        &self.registry_name
    }

    /// The newest root.
    pub const fn root(&self) -> &Verified<Root> {
        &self.root
    }

    /// The newest timestamp.
    pub const fn timestamp(&self) -> &Verified<Timestamp> {
        &self.timestamp
    }

    /// The newest snapshot.
    pub const fn snapshot(&self) -> &Verified<Snapshot> {
        &self.snapshot
    }

    /// The top-level targets; with delegations these are not all there are.
    pub fn targets(&self) -> &Verified<Targets> {
        &self.targets
    }

    /// Expired metadata that was accepted so far; to be recorded by whoever allowed it.
    pub fn expiry_waivers(&self) -> Vec<ExpiryWaiver> {
        let delegated = self.delegated.lock().unwrap_or_else(PoisonError::into_inner);
        self.waivers.iter().chain(delegated.waivers()).cloned().collect()
    }

    /// Looks target `name`, such as `packs/weather.json`, up (TUF 5.6.7), fetching delegated roles as
    /// they are needed.
    ///
    /// # Errors
    /// [`TrustError::TargetNotFound`] when no role lists it, and whatever is wrong with a role that was
    /// asked on the way: an answer is never given past a role that could not be checked.
    pub fn target(&self, name: &str, source: &dyn Fetch) -> Result<VerifiedTarget, TrustError> {
        let mut delegated = self.delegated.lock().unwrap_or_else(PoisonError::into_inner);
        let search = Search {
            source,
            options: &self.options,
            snapshot: &self.snapshot,
            store: self.store.as_ref(),
            top_level: &self.targets,
        };
        let file = search.find(name, &mut delegated)?;
        let sha256 = file.hashes.sha256().ok_or_else(|| TrustError::NoSha256 { target: name.to_owned() })?;
        Ok(VerifiedTarget { name: name.to_owned(), sha256, file })
    }

    /// Remembers this metadata, so that nothing older is accepted later. To be called once what was
    /// done with the registry has succeeded. Returns how many files changed; zero writes nothing.
    pub fn persist(&self, store: &TrustStore) -> Result<usize, TrustError> {
        let delegated = self.delegated.lock().unwrap_or_else(PoisonError::into_inner);
        let file = |name: &str, bytes| StoredFile { name: role_file(name), bytes };
        let mut files = vec![file("root", self.root.bytes()), file("targets", self.targets.bytes())];
        files.extend(delegated.iter().map(|(name, role)| file(name, role.bytes())));
        // The timestamp last: it never names a snapshot that was not written.
        files.push(file("snapshot", self.snapshot.bytes()));
        files.push(file("timestamp", self.timestamp.bytes()));
        if self.versions_forgotten && store.root()?.is_none_or(|stored| stored != self.root) {
            // Before the root: the old files are not signed by the keys that the new root names.
            store.forget_versions()?;
        }
        store.write(&files)
    }

    /// Every metadata file that was accepted, by its name in the repository; without the roots before
    /// the newest.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let delegated = self.delegated.lock().unwrap_or_else(PoisonError::into_inner);
        let versioned = |name: &str, version: u64| format!("{version}.{}", role_file(name));
        let mut files = BTreeMap::from([
            (versioned("root", self.root.version()), self.root.bytes().to_vec()),
            (role_file("timestamp"), self.timestamp.bytes().to_vec()),
            (versioned("snapshot", self.snapshot.version()), self.snapshot.bytes().to_vec()),
            (versioned("targets", self.targets.version()), self.targets.bytes().to_vec()),
        ]);
        files.extend(
            delegated.iter().map(|(name, role)| (versioned(name, role.version()), role.bytes().to_vec())),
        );
        files
    }
}

impl VerifiedTarget {
    /// The target path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where a repository with consistent snapshots keeps the file: `packs/<sha256>.weather.json`.
    pub fn consistent_path(&self) -> String {
        let (dir, base) =
            self.name.rsplit_once('/').map_or(("", self.name.as_str()), |(dir, base)| (dir, base));
        let slash = if dir.is_empty() { "" } else { "/" };
        format!("{dir}{slash}{}.{base}", self.sha256.hex())
    }

    /// Its exact length in bytes.
    pub const fn length(&self) -> u64 {
        self.file.length
    }

    /// Its sha256.
    pub const fn sha256(&self) -> Digest {
        self.sha256
    }

    /// What the publisher added.
    pub const fn custom(&self) -> Option<&Value> {
        self.file.custom.as_ref()
    }
}

/// Whether `bytes` are the target (TUF 5.7.2).
pub fn verify_target_bytes(target: &VerifiedTarget, bytes: &[u8]) -> Result<(), TrustError> {
    target.file.check(bytes).map_err(|source| TrustError::Mismatch { file: target.name.clone(), source })
}

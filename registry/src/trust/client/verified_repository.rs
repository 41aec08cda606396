//! A registry whose metadata has been verified: its targets, and the versions to remember.
//!
//! It stands between the metadata and everything named by it.

use std::collections::BTreeMap;

use attune_schemas::tuf::{MetadataTime, RegistryName, Root, Snapshot, Targets, Timestamp};

use crate::trust::state::{TrustStore, Verified, registry_name};

use super::error::TrustError;
use super::expiry::Freshness;
use super::fetch::Fetch;
use super::trusted_set::{TrustedSet, VerifiedTarget};

/// The verified metadata of a registry.
#[derive(Debug)]
pub struct VerifiedRepository {
    registry_name: RegistryName,
    set: TrustedSet,
}

impl VerifiedRepository {
    pub(super) fn new(set: TrustedSet) -> Result<Self, TrustError> {
        let registry_name = registry_name("root.json", set.root().role())?.clone();
        Ok(Self { registry_name, set })
    }

    /// The registry's name, from its root.
    pub const fn registry_name(&self) -> &RegistryName {
        &self.registry_name
    }

    /// The newest root.
    pub const fn root(&self) -> &Verified<Root> {
        self.set.root()
    }

    /// The newest timestamp.
    pub const fn timestamp(&self) -> &Verified<Timestamp> {
        self.set.timestamp()
    }

    /// The newest snapshot.
    pub const fn snapshot(&self) -> &Verified<Snapshot> {
        self.set.snapshot()
    }

    /// The top-level targets; if the registry has bins, the packs are listed in those.
    pub fn targets(&self) -> &Verified<Targets> {
        self.set.targets()
    }

    /// Until when hosts accept it: the date of the role that expires first; bins, of which there may be thousands, aside.
    pub fn expires_at(&self) -> MetadataTime {
        let dates = [
            self.root().role().expires,
            self.timestamp().role().expires,
            self.snapshot().role().expires,
            self.targets().role().expires,
        ];
        dates.into_iter().min().expect("there are four")
    }

    /// The freshness of all metadata accepted so far; to be reported if something expired.
    pub fn freshness(&self) -> Freshness {
        self.set.freshness()
    }

    /// Looks target `name`, such as `packs/weather.json`, up: see [`TrustedSet::target`].
    pub fn target(&self, name: &str, source: &dyn Fetch) -> Result<VerifiedTarget, TrustError> {
        self.set.target(name, source)
    }

    /// Fetches every delegated role: see [`TrustedSet::fetch_all_roles`].
    pub fn fetch_all_roles(&self, source: &dyn Fetch) -> Result<(), TrustError> {
        self.set.fetch_all_roles(source)
    }

    /// The targets of every role that was fetched so far.
    pub fn known_targets(&self) -> Vec<String> {
        self.set.known_targets()
    }

    /// Remembers this metadata, so that nothing older is accepted later. To be called once the use of the
    /// registry has succeeded. Returns how many files changed; zero writes nothing.
    pub fn persist(&self, store: &TrustStore) -> Result<usize, TrustError> {
        self.set.persist(store.metadata())
    }

    /// Every metadata file that was accepted, by its name in the repository: see [`TrustedSet::files`].
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.set.files()
    }

    /// The metadata itself.
    pub(in crate::trust) const fn set(&self) -> &TrustedSet {
        &self.set
    }
}

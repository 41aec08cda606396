//! The registries that a host trusts: `<trust dir>/<registry name>/`, a [`MetadataStore`] each.
//!
//! Beside the metadata lies `policy.json`, the decisions of the host's owner about that registry.

use std::io;
use std::path::Path;

use attune_schemas::tuf::{RegistryName, Root};

use crate::atomic_file::Durability;

use super::anchor::{TrustAnchor, registry_name};
use super::error::{MetadataError, StateError};
use super::metadata_store::{MetadataStore, StoredFile, StoredTrust};
use super::policy::{POLICY_FILE, TrustPolicy};
use super::verified::Verified;
use super::whole;

/// The trusted metadata of one registry on this host.
#[derive(Debug, Clone)]
pub struct TrustStore {
    metadata: MetadataStore,
    registry: RegistryName,
}

impl TrustStore {
    /// The store of `registry` below `trust_dir`, such as `<root>/state/trust`. Nothing is created.
    pub fn new(trust_dir: &Path, registry: &RegistryName) -> Self {
        let metadata = MetadataStore::new(&trust_dir.join(registry.as_str()));
        Self { metadata, registry: registry.clone() }
    }

    /// The same store, whose writes wait for the disk as `durability` says.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.metadata = self.metadata.with_durability(durability);
        self
    }

    /// The registries that have a root below `trust_dir`, by name.
    pub fn registries(trust_dir: &Path) -> Result<Vec<RegistryName>, StateError> {
        let mut names = Self::named(trust_dir)?;
        names.retain(|name| trust_dir.join(name.as_str()).join("root.json").is_file());
        Ok(names)
    }

    /// The registries with a directory below `trust_dir`, by name; who takes one over may have begun with its root.
    pub fn named(trust_dir: &Path) -> Result<Vec<RegistryName>, StateError> {
        let entries = match fs_err::read_dir(trust_dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            names.extend(entry.file_name().to_str().and_then(|name| name.parse::<RegistryName>().ok()));
        }
        names.sort();
        Ok(names)
    }

    /// The registry.
    pub const fn registry(&self) -> &RegistryName {
        &self.registry
    }

    /// The newest root trusted so far, if any.
    pub fn root(&self) -> Result<Option<Verified<Root>>, StateError> {
        self.metadata.root()?.map(|root| self.require_own_name(root)).transpose()
    }

    /// Trusts a root given by a person, unless one is trusted already, and sets the policy if there is one. One
    /// rename makes a registry known, with both. Returns whether the root was stored.
    ///
    /// # Errors
    /// [`StateError::DifferentRoot`] when another root of the same version is trusted, or the given one
    /// is newer: a newer root is reached through an update.
    pub fn trust(&self, anchor: &TrustAnchor, policy: Option<&TrustPolicy>) -> Result<bool, StateError> {
        let offered = anchor.root();
        let Some(trusted) = self.root()? else {
            let policy = policy.map(|policy| policy.to_bytes());
            let mut files = vec![StoredFile { name: "root.json".to_owned(), bytes: offered.bytes() }];
            files.extend(policy.iter().map(|bytes| StoredFile { name: POLICY_FILE.to_owned(), bytes }));
            whole::create(self.metadata.dir(), &files, self.metadata.durability())?;
            return Ok(true);
        };
        let is_older = offered.version() < trusted.version();
        if is_older || offered.signed_digest() == trusted.signed_digest() {
            if let Some(policy) = policy {
                self.set_policy(policy)?;
            }
            return Ok(false);
        }
        Err(StateError::DifferentRoot {
            registry: self.registry.clone(),
            trusted: trusted.version(),
            offered: offered.version(),
        })
    }

    /// The decisions of the host's owner about this registry.
    pub fn policy(&self) -> Result<TrustPolicy, StateError> {
        let Some(bytes) = self.metadata.read(POLICY_FILE)? else { return Ok(TrustPolicy::default()) };
        TrustPolicy::parse(&bytes).map_err(|source| StateError::PolicyDamaged {
            path: self.metadata.dir().join(POLICY_FILE),
            source,
        })
    }

    /// Sets the policy for this registry, which is known.
    pub fn set_policy(&self, policy: &TrustPolicy) -> Result<(), StateError> {
        let bytes = policy.to_bytes();
        self.metadata.write(&[StoredFile { name: POLICY_FILE.to_owned(), bytes: &bytes }]).map(|_| ())
    }

    /// Forgets the versions seen, and with them all protection against a rollback; root and policy stay. The
    /// removal of the timestamp decides.
    pub fn reset(&self) -> Result<(), StateError> {
        Ok(whole::forget(self.metadata.dir(), self.metadata.durability())?)
    }

    /// Forgets everything, the root and versions seen included: the next use needs a root again. One rename
    /// decides.
    pub fn remove(&self) -> Result<(), StateError> {
        Ok(whole::remove(self.metadata.dir(), self.metadata.durability())?)
    }

    /// Clears what killed writers left below `trust_dir`. The caller holds the lock under which it is written.
    pub fn clear_leftovers(trust_dir: &Path) -> Result<(), StateError> {
        Ok(whole::clear_leftovers(trust_dir)?)
    }

    /// Takes over the metadata that an update wrote to `staged`, by renames alone, so that a full disk cannot
    /// stop it. A registry that is new comes with one; the files of a known one in an order such that any part of
    /// it loads and names only files that are there, and such that who comes after goes on where it stopped.
    pub fn adopt(&self, staged: &Self) -> Result<(), StateError> {
        let Some(known) = self.root()? else {
            if staged.root()?.is_none() {
                return Ok(());
            }
            return Ok(whole::adopt(self.metadata.dir(), staged.metadata.dir(), self.metadata.durability())?);
        };
        let rank = |name: &str| match name {
            "root.json" => 0,
            "snapshot.json" => 2,
            "timestamp.json" => 3,
            _ => 1,
        };
        let mut names = Vec::new();
        for entry in fs_err::read_dir(staged.metadata.dir())? {
            names.extend(entry?.file_name().into_string());
        }
        names.sort_by_key(|name| rank(name));
        if staged.metadata.read("root.json")?.is_some_and(|offered| known.bytes() != offered) {
            // Before the root: the old files may not be signed by the keys that the new root names.
            self.metadata.forget_versions()?;
        }
        for name in names {
            self.metadata.take_over(&name, staged.metadata.dir())?;
        }
        Ok(self.metadata.sync()?)
    }

    /// Where the metadata is.
    pub(in crate::trust) const fn metadata(&self) -> &MetadataStore {
        &self.metadata
    }

    /// Reads the trusted metadata; `None` if there is no root.
    pub(in crate::trust) fn load(&self) -> Result<Option<StoredTrust>, StateError> {
        let Some(stored) = self.metadata.load()? else { return Ok(None) };
        let StoredTrust { root, seen } = stored;
        Ok(Some(StoredTrust { root: self.require_own_name(root)?, seen }))
    }

    fn require_own_name(&self, root: Verified<Root>) -> Result<Verified<Root>, StateError> {
        let offered = registry_name("root.json", root.role())
            .map_err(|source| self.metadata.damaged("root.json", source))?;
        if *offered == self.registry {
            return Ok(root);
        }
        let renamed = MetadataError::RegistryRenamed {
            file: "root.json".to_owned(),
            trusted: self.registry.clone(),
            offered: offered.clone(),
        };
        Err(self.metadata.damaged("root.json", renamed))
    }
}

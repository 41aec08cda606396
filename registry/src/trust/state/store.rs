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
        let entries = match fs_err::read_dir(trust_dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_str().and_then(|name| name.parse::<RegistryName>().ok());
            if let Some(name) = name
                && entry.path().join("root.json").is_file()
            {
                names.push(name);
            }
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

    /// Trusts a root given by a person, unless one is trusted already. Returns whether it was stored.
    ///
    /// # Errors
    /// [`StateError::DifferentRoot`] when another root of the same version is trusted, or the given one
    /// is newer: a newer root is reached through an update.
    pub fn trust(&self, anchor: &TrustAnchor) -> Result<bool, StateError> {
        let offered = anchor.root();
        let Some(trusted) = self.root()? else {
            self.metadata.write(&[StoredFile { name: "root.json".to_owned(), bytes: offered.bytes() }])?;
            return Ok(true);
        };
        let is_older = offered.version() < trusted.version();
        if is_older || offered.signed_digest() == trusted.signed_digest() {
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

    /// Sets the policy for this registry.
    pub fn set_policy(&self, policy: &TrustPolicy) -> Result<(), StateError> {
        let bytes = policy.to_bytes();
        self.metadata.write(&[StoredFile { name: POLICY_FILE.to_owned(), bytes: &bytes }]).map(|_| ())
    }

    /// Forgets the versions seen, and with them all protection against a rollback; root and policy stay.
    pub fn reset(&self) -> Result<(), StateError> {
        // The timestamp goes first: it names the others.
        self.metadata.forget_versions()?;
        for entry in fs_err::read_dir(self.metadata.dir())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default();
            if name != "root.json" && name != POLICY_FILE {
                fs_err::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Forgets everything, the root and versions seen included: the next use needs a root again.
    pub fn remove(&self) -> Result<(), StateError> {
        match fs_err::remove_dir_all(self.metadata.dir()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => Ok(result?),
        }
    }

    /// Takes over the metadata that an update wrote to `staged`, in an order such that any part of it loads
    /// and names only files that were written. Returns how many files changed.
    pub fn adopt(&self, staged: &Self) -> Result<usize, StateError> {
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
        let mut contents = Vec::new();
        for name in names {
            if let Some(bytes) = staged.metadata.read(&name)? {
                contents.push((name, bytes));
            }
        }
        let offered = contents.iter().find(|(name, _)| name == "root.json").map(|(_, bytes)| &bytes[..]);
        if self.root()?.is_some_and(|root| Some(root.bytes()) != offered) {
            // Before the root: the old files may not be signed by the keys that the new root names.
            self.metadata.forget_versions()?;
        }
        let files: Vec<StoredFile<'_>> =
            contents.iter().map(|(name, bytes)| StoredFile { name: name.clone(), bytes }).collect();
        self.metadata.write(&files)
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

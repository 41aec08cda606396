//! What a host trusts of one registry, on disk.
//!
//! ```text
//! <trust dir>/<registry name>/
//!   root.json         the newest root seen: from here the next update starts
//!   timestamp.json    the newest seen; with snapshot.json, what nothing may roll back behind
//!   snapshot.json
//!   targets.json      copies that spare a download; used only while the snapshot still describes them
//!   <role>.json       delegated roles, names percent-encoded
//! ```
//!
//! Reading checks signatures again, so a damaged file is found and not believed. Files change by
//! rename, in an order in which whatever dies in between leaves a set that loads and forgets no version
//! number it should remember. Two writers at once are kept apart by the caller's lock.

use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::tuf::{RegistryName, Role, RoleType, Root, Snapshot, Timestamp};

use crate::blob::{Durability, replace_file_with};

use super::anchor::{TrustAnchor, registry_name};
use super::error::TrustError;
use super::fetch::role_file;
use super::verified::{Authority, Verified};

/// The trusted metadata of one registry on this host.
#[derive(Debug, Clone)]
pub struct TrustStore {
    dir: PathBuf,
    registry: RegistryName,
    durability: Durability,
}

/// What a store held.
#[derive(Debug)]
pub(super) struct StoredTrust {
    pub(super) root: Verified<Root>,
    pub(super) timestamp: Option<Verified<Timestamp>>,
    pub(super) snapshot: Option<Verified<Snapshot>>,
}

/// One file to keep.
pub(super) struct StoredFile<'a> {
    pub(super) name: String,
    pub(super) bytes: &'a [u8],
}

impl TrustStore {
    /// The store of `registry` below `trust_dir`, such as `<root>/state/trust`. Nothing is created.
    pub fn new(trust_dir: &Path, registry: &RegistryName) -> Self {
        let durability = Durability::default();
        Self { dir: trust_dir.join(registry.as_str()), registry: registry.clone(), durability }
    }

    /// The same store, whose writes wait for the disk as `durability` says.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The registries that have a root below `trust_dir`, by name.
    pub fn registries(trust_dir: &Path) -> Result<Vec<RegistryName>, TrustError> {
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

    /// The registry this is the store of.
    pub const fn registry(&self) -> &RegistryName {
        &self.registry
    }

    /// The newest root trusted so far, if any.
    pub fn root(&self) -> Result<Option<Verified<Root>>, TrustError> {
        let Some(bytes) = self.read("root.json")? else { return Ok(None) };
        let root = Verified::check_own("root.json", &bytes)
            .and_then(|root| self.require_own_name(root))
            .map_err(|source| self.damaged("root.json", source))?;
        Ok(Some(root))
    }

    /// Trusts a root given by a person, unless one is trusted already. Returns whether it was stored.
    ///
    /// # Errors
    /// [`TrustError::DifferentRoot`] when another root of the same version is trusted, or the given one
    /// is newer: a newer root is reached through an update.
    pub fn trust(&self, anchor: &TrustAnchor) -> Result<bool, TrustError> {
        let offered = anchor.root();
        let Some(trusted) = self.root()? else {
            self.write(&[StoredFile { name: "root.json".to_owned(), bytes: offered.bytes() }])?;
            return Ok(true);
        };
        let is_older = offered.version() < trusted.version();
        if is_older || offered.signed_digest() == trusted.signed_digest() {
            return Ok(false);
        }
        Err(TrustError::DifferentRoot {
            registry: self.registry.clone(),
            trusted: trusted.version(),
            offered: offered.version(),
        })
    }

    /// Forgets everything, versions seen included: the next use needs a root again.
    pub fn reset(&self) -> Result<(), TrustError> {
        match fs_err::remove_dir_all(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => Ok(result?),
        }
    }

    /// Takes over what an update was persisted to in `staged`, in an order in which any part of it loads
    /// and names nothing that was not written. Returns how many files changed.
    pub fn adopt(&self, staged: &Self) -> Result<usize, TrustError> {
        let rank = |name: &str| match name {
            "root.json" => 0,
            "snapshot.json" => 2,
            "timestamp.json" => 3,
            _ => 1,
        };
        let mut names = Vec::new();
        for entry in fs_err::read_dir(&staged.dir)? {
            names.extend(entry?.file_name().into_string());
        }
        names.sort_by_key(|name| rank(name));
        let mut contents = Vec::new();
        for name in names {
            if let Some(bytes) = staged.read(&name)? {
                contents.push((name, bytes));
            }
        }
        let offered = contents.iter().find(|(name, _)| name == "root.json").map(|(_, bytes)| &bytes[..]);
        if self.root()?.is_some_and(|root| Some(root.bytes()) != offered) {
            // Before the root: the old files may not be signed by the keys that the new root names.
            self.forget_versions()?;
        }
        let files: Vec<StoredFile<'_>> =
            contents.iter().map(|(name, bytes)| StoredFile { name: name.clone(), bytes }).collect();
        self.write(&files)
    }

    /// Reads what is trusted; none if no root is.
    pub(super) fn load(&self) -> Result<Option<StoredTrust>, TrustError> {
        let Some(root) = self.root()? else { return Ok(None) };
        let timestamp = self.load_role::<Timestamp>(root.role())?;
        let snapshot = self.load_role::<Snapshot>(root.role())?;
        Ok(Some(StoredTrust { root, timestamp, snapshot }))
    }

    /// The kept copy of a targets role, not checked in any way.
    pub(super) fn cached_role(&self, role: &str) -> Option<Vec<u8>> {
        self.read(&role_file(role)).ok().flatten()
    }

    /// Removes timestamp and snapshot, as after a rotation of their keys.
    pub(super) fn forget_versions(&self) -> Result<(), TrustError> {
        for role in [RoleType::Timestamp, RoleType::Snapshot] {
            match fs_err::remove_file(self.dir.join(role_file(role.as_str()))) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result?,
            }
        }
        Ok(())
    }

    /// Writes the files whose bytes changed, in the order given. Returns how many.
    pub(super) fn write(&self, files: &[StoredFile<'_>]) -> Result<usize, TrustError> {
        let mut written = 0;
        for file in files {
            if self.read(&file.name)?.as_deref() != Some(file.bytes) {
                self.replace(&file.name, file.bytes)?;
                written += 1;
            }
        }
        if written > 0 && self.durability == Durability::Synced {
            // The renames themselves must survive a power cut, too.
            fs_err::File::open(&self.dir)?.sync_all()?;
        }
        Ok(written)
    }

    fn load_role<R: Role>(&self, root: &Root) -> Result<Option<Verified<R>>, TrustError> {
        let file = role_file(R::TYPE.as_str());
        let Some(bytes) = self.read(&file)? else { return Ok(None) };
        Verified::check(&file, &bytes, Authority::top_level(root, R::TYPE))
            .map(Some)
            .map_err(|source| self.damaged(&file, source))
    }

    fn require_own_name(&self, root: Verified<Root>) -> Result<Verified<Root>, TrustError> {
        let offered = registry_name("root.json", root.role())?;
        if *offered == self.registry {
            return Ok(root);
        }
        Err(TrustError::RegistryRenamed {
            file: "root.json".to_owned(),
            trusted: self.registry.clone(),
            offered: offered.clone(),
        })
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, TrustError> {
        match fs_err::read(self.dir.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            result => Ok(Some(result?)),
        }
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), TrustError> {
        Ok(replace_file_with(&self.dir.join(name), bytes, self.durability)?)
    }

    fn damaged(&self, name: &str, source: TrustError) -> TrustError {
        match source {
            TrustError::State(_) => source,
            _ => TrustError::StateDamaged { path: self.dir.join(name), source: Box::new(source) },
        }
    }
}

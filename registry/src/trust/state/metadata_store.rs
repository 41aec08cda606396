//! The metadata files of one repository on disk, under unversioned names.
//!
//! ```text
//! root.json         the newest root seen: from here the next update starts
//! timestamp.json    the newest seen; nothing may roll back behind it and snapshot.json
//! snapshot.json
//! targets.json      copies that spare a download; used only while the snapshot still describes them
//! <role>.json       delegated roles, names percent-encoded
//! ```
//!
//! Reading checks signatures again, so a damaged file is found and not believed. Files change by
//! rename, in an order such that a crash at any point leaves a set that loads and forgets no version
//! number it should remember. Without a timestamp nothing was seen, whatever else is there: the one file
//! decides. Two writers at once are kept apart by the caller's lock.

use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::tuf::{Role, RoleType, Root, Snapshot, Timestamp};

use crate::atomic_file::{Durability, replace_file_with, sync_folder};

use super::error::{MetadataError, StateError};
use super::role_file::role_file;
use super::verified::{Authority, Verified};

/// A directory of trusted metadata.
#[derive(Debug, Clone)]
pub struct MetadataStore {
    dir: PathBuf,
    durability: Durability,
}

/// The content of a store.
#[derive(Debug)]
pub(in crate::trust) struct StoredTrust {
    pub(in crate::trust) root: Verified<Root>,
    pub(in crate::trust) seen: SeenVersions,
}

/// The metadata whose versions nothing may roll back behind.
#[derive(Debug, Default)]
pub(in crate::trust) struct SeenVersions {
    pub(in crate::trust) timestamp: Option<Verified<Timestamp>>,
    pub(in crate::trust) snapshot: Option<Verified<Snapshot>>,
}

/// One file to keep.
pub(in crate::trust) struct StoredFile<'a> {
    pub(in crate::trust) name: String,
    pub(in crate::trust) bytes: &'a [u8],
}

impl MetadataStore {
    /// The store in `dir`. Nothing is created.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), durability: Durability::default() }
    }

    /// The same store, whose writes wait for the disk as `durability` says.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether writes wait for the disk.
    pub(super) const fn durability(&self) -> Durability {
        self.durability
    }

    /// The newest root trusted so far, if any.
    pub fn root(&self) -> Result<Option<Verified<Root>>, StateError> {
        let Some(bytes) = self.read("root.json")? else { return Ok(None) };
        let root = Verified::check_own("root.json", &bytes);
        root.map(Some).map_err(|source| self.damaged("root.json", source))
    }

    /// Starts anew from the root in `bytes`, which must be signed by its own keys (TUF 5.2). The caller
    /// vouches for it.
    pub fn initialize(&self, bytes: &[u8]) -> Result<Verified<Root>, StateError> {
        let root = Verified::check_own("root.json", bytes)?;
        self.forget_versions()?;
        self.write(&[StoredFile { name: "root.json".to_owned(), bytes }])?;
        Ok(root)
    }

    /// Reads the trusted metadata; `None` if there is no root. Versions seen that the root does not vouch
    /// for, as after its threshold was raised, are passed over (the specification does not mention them).
    pub(in crate::trust) fn load_vouched_for(&self) -> Result<Option<StoredTrust>, StateError> {
        let Some(root) = self.root()? else { return Ok(None) };
        let unless_damaged = |error| match error {
            StateError::Io(_) => Err(error),
            _ => Ok(()),
        };
        let mut seen = SeenVersions::default();
        match self.load_role::<Timestamp>(root.role()) {
            Ok(None) => return Ok(Some(StoredTrust { root, seen })),
            Ok(timestamp) => seen.timestamp = timestamp,
            Err(error) => unless_damaged(error)?,
        }

        match self.load_role::<Snapshot>(root.role()) {
            Ok(snapshot) => seen.snapshot = snapshot,
            Err(error) => unless_damaged(error)?,
        }
        Ok(Some(StoredTrust { root, seen }))
    }

    /// Reads the trusted metadata; `None` if there is no root. A file that cannot be verified is an error.
    pub(in crate::trust) fn load(&self) -> Result<Option<StoredTrust>, StateError> {
        let Some(root) = self.root()? else { return Ok(None) };
        let timestamp = self.load_role::<Timestamp>(root.role())?;
        let snapshot = match timestamp {
            Some(_) => self.load_role::<Snapshot>(root.role())?,
            None => None,
        };
        Ok(Some(StoredTrust { root, seen: SeenVersions { timestamp, snapshot } }))
    }

    /// The kept copy of a targets role, not checked in any way.
    pub(in crate::trust) fn cached_role(&self, role: &str) -> Option<Vec<u8>> {
        self.read(&role_file(role)).ok().flatten()
    }

    /// Removes timestamp and snapshot, as after a rotation of their keys; without the timestamp the rest counts
    /// for nothing.
    pub(in crate::trust) fn forget_versions(&self) -> Result<(), StateError> {
        for role in [RoleType::Timestamp, RoleType::Snapshot] {
            match fs_err::remove_file(self.dir.join(role_file(role.as_str()))) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result?,
            }
        }
        Ok(())
    }

    /// Writes the files whose bytes changed, in the order given. Returns their number.
    pub(in crate::trust) fn write(&self, files: &[StoredFile<'_>]) -> Result<usize, StateError> {
        let mut written = 0;
        for file in files {
            if self.read(&file.name)?.as_deref() != Some(file.bytes) {
                replace_file_with(&self.dir.join(&file.name), file.bytes, self.durability)?;
                written += 1;
            }
        }
        Ok(written)
    }

    /// Moves the file `name` from the directory `staged` to its place, unless it is there with the same bytes.
    pub(super) fn take_over(&self, name: &str, staged: &Path) -> Result<(), StateError> {
        let bytes = fs_err::read(staged.join(name))?;
        if self.read(name)?.as_ref() == Some(&bytes) {
            return Ok(());
        }
        match fs_err::rename(staged.join(name), self.dir.join(name)) {
            // The state may be a mount of its own.
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                Ok(replace_file_with(&self.dir.join(name), &bytes, self.durability)?)
            }
            moved => Ok(moved?),
        }
    }

    /// Makes the names of the files survive a power failure.
    pub(super) fn sync(&self) -> io::Result<()> {
        if self.durability == Durability::Synced { sync_folder(&self.dir) } else { Ok(()) }
    }

    /// The bytes of file `name`, if it is there.
    pub(in crate::trust) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StateError> {
        match fs_err::read(self.dir.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            result => Ok(Some(result?)),
        }
    }

    /// The error for a damaged file of the store.
    pub(super) fn damaged(&self, name: &str, source: MetadataError) -> StateError {
        StateError::Damaged { path: self.dir.join(name), source }
    }

    fn load_role<R: Role>(&self, root: &Root) -> Result<Option<Verified<R>>, StateError> {
        let file = role_file(R::TYPE.as_str());
        let Some(bytes) = self.read(&file)? else { return Ok(None) };
        Verified::check(&file, &bytes, Authority::top_level(root, R::TYPE))
            .map(Some)
            .map_err(|source| self.damaged(&file, source))
    }
}

impl SeenVersions {
    /// Drops the metadata that `root` no longer vouches for; returns whether any was dropped.
    pub(in crate::trust) fn retain_signed_by(&mut self, root: &Root) -> bool {
        let before = (self.timestamp.is_some(), self.snapshot.is_some());
        self.timestamp = self.timestamp.take().filter(|seen| is_signed(root, seen));
        self.snapshot = self.snapshot.take().filter(|seen| is_signed(root, seen));
        before != (self.timestamp.is_some(), self.snapshot.is_some())
    }

    /// Drops everything; returns whether anything was dropped.
    pub(in crate::trust) fn clear(&mut self) -> bool {
        let had = self.timestamp.is_some() || self.snapshot.is_some();
        *self = Self::default();
        had
    }
}

fn is_signed<R: Role>(root: &Root, seen: &Verified<R>) -> bool {
    Verified::<R>::check("", seen.bytes(), Authority::top_level(root, R::TYPE)).is_ok()
}

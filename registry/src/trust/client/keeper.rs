//! Keeps accepted metadata: at once, or when the caller says so.

use attune_schemas::tuf::{RoleType, Root};

use crate::trust::state::{MetadataStore, StateError, StoredFile, Verified, role_file};

/// When accepted metadata is written to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// As each step accepts it (5.3.8, 5.4.5, 5.5.7, 5.6.6).
    EachStep,
    /// Off-spec: when the caller says so, see [`super::TrustedSet::persist`].
    OnRequest,
}

/// The store of an update, if it has one, and when it is written.
#[derive(Debug, Clone)]
pub(super) struct Keeper {
    pub(super) store: Option<MetadataStore>,
    pub(super) persistence: Persistence,
}

impl Keeper {
    /// Keeps the file of `role`, if that is to be done at once.
    pub(super) fn keep<R>(&self, role: &str, accepted: &Verified<R>) -> Result<(), StateError> {
        let Some(store) = self.at_once() else { return Ok(()) };
        store.write(&[StoredFile { name: role_file(role), bytes: accepted.bytes() }])?;
        Ok(())
    }

    /// Keeps a root, then forgets the versions seen under keys that it takes away; a crash in between leaves
    /// files that the new root does not vouch for, which are passed over.
    pub(super) fn keep_root(&self, root: &Verified<Root>, forget_seen: bool) -> Result<(), StateError> {
        self.keep(RoleType::Root.as_str(), root)?;
        match self.at_once() {
            Some(store) if forget_seen => store.forget_versions(),
            _ => Ok(()),
        }
    }

    /// The kept copy of a targets role, not checked in any way.
    pub(super) fn cached_role(&self, role: &str) -> Option<Vec<u8>> {
        self.store.as_ref()?.cached_role(role)
    }

    fn at_once(&self) -> Option<&MetadataStore> {
        self.store.as_ref().filter(|_| self.persistence == Persistence::EachStep)
    }
}

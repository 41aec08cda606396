//! The active generation of a root that must have one, and a pack of it.

use std::io::ErrorKind;

use attune_registry::resolve::similar_packs;
use attune_schemas::PackRef;

use super::InventoryError;
use crate::generation::{Generation, InstalledPack};
use crate::root::HostRoot;

/// The active generation of `root`.
///
/// # Errors
/// There is no root, nothing was ever installed to it, or `current` leads to no generation.
pub fn installed(root: &HostRoot) -> Result<Generation, InventoryError> {
    root.require_there()?;
    let failed = |source| root.failed(source);
    let active = root.active_generation().map_err(failed)?;
    let source = match active.map(|id| Generation::load(&root.generation(id))) {
        Some(Ok(generation)) => return Ok(generation),
        Some(Err(error)) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => {
            return Err(failed(error).into());
        }
        None if root.generation_ids().map_err(failed)?.is_empty() => {
            return Err(root.never_installed().into());
        }
        unreadable => unreadable.and_then(Result::err),
    };
    if active.is_none() && root.is_changing().map_err(failed)? {
        // The first installation is at work, or was cut off: the next change undoes or completes it.
        return Err(root.never_installed().into());
    }
    if active.is_none() && root.active_generation().map_err(failed)?.is_some() {
        // It has ended since.
        return installed(root);
    }
    Err(InventoryError::NotActive { root: root.path().to_owned(), active, source })
}

impl Generation {
    /// Pack `pack`, which must be installed.
    ///
    /// # Errors
    /// It is not.
    pub fn installed_pack(&self, pack: &PackRef) -> Result<&InstalledPack, InventoryError> {
        self.packs.get(pack).ok_or_else(|| InventoryError::NotInstalled {
            pack: pack.clone(),
            similar: similar_packs(pack, self.packs.keys().cloned()).into_iter().next(),
        })
    }
}

//! Leads `current` back to the registered generation where it leads to none: for a repair, which takes nobody's word
//! that it should.

use std::io;

use attune_registry::blob::Durability;

use super::RecoverError;
use crate::database::registered_lock;
use crate::generation::{Copies, Generation, point_current_at};
use crate::root::HostRoot;

/// Leads `current` of `root` to the registered generation, if that is whole and the one that `current` leads to is not
/// there or cannot be read. Returns its number if that was so.
///
/// # Errors
/// The root or its database cannot be read, or the link cannot be made.
pub(in crate::transaction) fn lead_current_back(root: &HostRoot) -> Result<Option<u64>, RecoverError> {
    let failed = |source| root.failed(source);
    let is_of_machine =
        |error: &io::Error| !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData);
    let active = match root.active_generation() {
        Ok(None) if registered_lock(root)?.is_none() => return lead_to_the_newest(root),
        Ok(None) => return Ok(None),
        Ok(Some(active)) => Some(active),
        Err(error) if is_of_machine(&error) => return Err(failed(error).into()),
        Err(_) => None,
    };
    if let Some(active) = active {
        match Generation::load(&root.generation(active)) {
            Ok(_) => return Ok(None),
            Err(error) if is_of_machine(&error) => return Err(failed(error).into()),
            Err(_) => {}
        }
    }
    let Some((registered, Some(lock))) = registered_lock(root)? else { return Ok(None) };
    let found = Generation::load_with_digest(&root.generation(registered));
    if active == Some(registered) || !found.is_ok_and(|(_, digest)| digest == lock) {
        return Ok(None);
    }
    point_current_at(root, registered, None, Durability::Synced).map_err(failed)?;
    Ok(Some(registered))
}

/// Where the database is gone as well: to the newest generation whose lock file is like its copy.
fn lead_to_the_newest(root: &HostRoot) -> Result<Option<u64>, RecoverError> {
    let failed = |source| root.failed(source);
    if root.is_changing().map_err(failed)? {
        // What is left over is undone first.
        return Ok(None);
    }
    let is_whole = |id: &u64| {
        let directory = root.generation(*id);
        let lock = Generation::load_with_digest(&directory).map(|(_, lock)| lock).ok();
        lock.is_some() && Copies::load(&directory).is_ok_and(|copies| copies.lock() == lock)
    };
    let newest = root.generation_ids().map_err(failed)?.into_iter().rev().find(is_whole);
    if let Some(newest) = newest {
        point_current_at(root, newest, None, Durability::Synced).map_err(failed)?;
    }
    Ok(newest)
}

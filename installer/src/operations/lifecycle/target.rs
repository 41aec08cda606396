//! The generation that a rollback leads back to.

use attune_host::database::operations;
use attune_host::generation::{Copies, Generation};
use attune_host::root::HostRoot;
use attune_schemas::Digest;

use super::error::LifecycleError;

/// Generation `id` of `root`, or the one before the active one, vouched for by the database.
///
/// The one before is that before the generation whose packs are active, so that two rollbacks lead back two steps.
pub(in crate::operations) fn target(
    root: &HostRoot,
    active: &Generation,
    id: Option<u64>,
) -> Result<Generation, LifecycleError> {
    let there = root.generation_ids().map_err(|source| root.failed(source))?;
    let id = match id {
        Some(id) if there.contains(&id) => id,
        Some(id) => return Err(LifecycleError::NoGeneration { root: root.path().to_owned(), id, there }),
        None => {
            let packs_of = active.restored_from.unwrap_or(active.id);
            let earlier = there.into_iter().rev().find(|id| *id < packs_of);
            let none = || LifecycleError::NoEarlier { root: root.path().to_owned(), active: active.id };
            earlier.ok_or_else(none)?
        }
    };
    let damaged = |reason: String| LifecycleError::DamagedGeneration { id, reason };
    let directory = root.generation(id);
    let (generation, lock) =
        Generation::load_with_digest(&directory).map_err(|error| damaged(error.to_string()))?;
    if !is_vouched_for(root, id, &lock)? {
        return Err(damaged("its lock file is not what was registered".to_owned()));
    }
    if generation.id != id {
        return Err(damaged(format!("its lock file is that of generation {}", generation.id)));
    }
    Ok(generation)
}

/// Whether the lock file of generation `id` is the one that was registered. Where an earlier program registered it,
/// which wrote no history, its copy is the only witness.
fn is_vouched_for(root: &HostRoot, id: u64, lock: &Digest) -> Result<bool, LifecycleError> {
    let known = operations(root)?.into_iter().rev().find(|operation| operation.generation == id);
    Ok(match known {
        Some(operation) => operation.lock == *lock,
        None => Copies::load(&root.generation(id)).is_ok_and(|copies| copies.lock() == Some(*lock)),
    })
}

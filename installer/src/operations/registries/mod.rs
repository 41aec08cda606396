//! The registries that a host knows: added, listed, put in order, removed.

mod add;
mod error;
mod listed;

use attune_host::generation::Generation;
use attune_host::preferences::{KnownRegistries, KnownRegistry};
use attune_host::root::HostRoot;
use attune_host::transaction::{Access, HeldRoot};
use attune_registry::trust::TrustStore;
use attune_schemas::PackRef;
use attune_schemas::tuf::RegistryName;

pub use add::{AddRegistryOptions, add_registry};
pub use error::RegistryError;
use listed::listed;
pub use listed::{AddedRegistry, ListedRegistries, ListedRegistry, RegistryChange, RemovedRegistry};

/// The effect of a removal on the trust in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrustPolicyOnRemoval {
    /// Its root stays trusted, and what was seen of it stays seen.
    #[default]
    Keep,
    /// Both are forgotten.
    Forget,
}

/// The registries that `root` knows, in the order in which they are asked; reads only.
///
/// # Errors
/// The root is not there or cannot be read.
pub fn list_registries(root: &HostRoot) -> Result<ListedRegistries, RegistryError> {
    root.require_there()?;
    let known = KnownRegistries::load(root)?;
    report(root, &known)
}

/// Puts the registries called `names` first, in this order.
///
/// # Errors
/// A name is that of none, or the root cannot be changed.
pub fn order_registries(
    root: &HostRoot,
    names: &[RegistryName],
    access: &Access<'_>,
) -> Result<ListedRegistries, RegistryError> {
    root.require_there()?;
    // A wrong name is told without taking the lock.
    KnownRegistries::load(root)?.order(names)?;
    let mut held = HeldRoot::acquire(root, access)?;
    held.keep();
    let before = KnownRegistries::load(root)?;
    let mut known = before.clone();
    known.order(names)?;
    if known != before {
        known.save(root)?;
    }
    report(root, &known)
}

/// Checks that a registry called `name` is known, and returns it with the packs that were installed from it.
///
/// # Errors
/// None is.
pub fn known_registry(
    root: &HostRoot,
    name: &RegistryName,
) -> Result<(KnownRegistry, Vec<PackRef>), RegistryError> {
    root.require_there()?;
    let known = KnownRegistries::load(root)?.get(name)?.clone();
    Ok((known, installed_from(root, name)))
}

/// Forgets where the registry called `name` is; what is installed stays.
///
/// # Errors
/// None is, or the root cannot be changed.
pub fn remove_registry(
    root: &HostRoot,
    name: &RegistryName,
    trust: TrustPolicyOnRemoval,
    access: &Access<'_>,
) -> Result<RemovedRegistry, RegistryError> {
    known_registry(root, name)?;
    let mut held = HeldRoot::acquire(root, access)?;
    held.keep();
    let mut known = KnownRegistries::load(root)?;
    let removed = known.remove(name)?;
    known.save(root)?;
    if trust == TrustPolicyOnRemoval::Forget {
        TrustStore::new(&root.trust(), name).remove()?;
    }
    Ok(RemovedRegistry {
        root: root.path().to_owned(),
        registry: removed,
        trusted: TrustStore::registries(&root.trust())?.contains(name),
        installed: installed_from(root, name),
    })
}

fn report(root: &HostRoot, known: &KnownRegistries) -> Result<ListedRegistries, RegistryError> {
    let registries = known.iter().map(|registry| listed(root, registry)).collect::<Result<_, _>>()?;
    Ok(ListedRegistries { root: root.path().to_owned(), registries })
}

/// The packs that were installed from the registry called `name`; none where it cannot be told.
fn installed_from(root: &HostRoot, name: &RegistryName) -> Vec<PackRef> {
    let active = Generation::active(root).unwrap_or_else(|error| {
        tracing::info!("the packs of the registry are unknown: {error}");
        Generation::empty()
    });
    let from = active.packs.into_iter().filter(|(_, installed)| installed.registry == name.as_str());
    from.map(|(pack, _)| pack).collect()
}

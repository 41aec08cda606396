//! Makes a registry known: its metadata is fetched and verified first, and its root trusted as an install trusts it.

use attune_host::preferences::{KnownRegistries, KnownRegistry, RegistryRank};
use attune_host::process::Interrupt;
use attune_host::root::HostRoot;
use attune_host::transaction::{Access, HeldRoot};
use attune_registry::trust::TrustStore;

use super::error::RegistryError;
use super::listed::{AddedRegistry, RegistryChange, listed};
use crate::source::{PlaceError, SourceLocation, TrustSettings, VerifyError, name_by_first_root, verify_as};

/// The registry to add, and how.
#[derive(Debug, Clone)]
pub struct AddRegistryOptions {
    /// Where it is, with the login that it is asked with.
    pub location: SourceLocation,
    /// Where it is, to be kept.
    pub kept: SourceLocation,
    /// The root that is trusted.
    pub trust: TrustSettings,
    /// Its place among the known ones.
    pub rank: RegistryRank,
    /// Tells when to stop.
    pub interrupt: Interrupt,
}

/// Makes a registry known to `root`, or gives the known one of its name another place.
///
/// # Errors
/// The registry cannot be read, is not trusted, or is another one of the same name; the root is as it was.
pub fn add_registry(
    root: &HostRoot,
    options: &AddRegistryOptions,
    access: &Access<'_>,
) -> Result<AddedRegistry, RegistryError> {
    let place = options.kept.to_place()?;
    root.require_no_others()?;
    let source = options.location.open(&options.interrupt)?;
    if source.description().is_some() {
        return Err(PlaceError::Bundle(source.name()).into());
    }
    let anchor = options.trust.anchor.resolve(&*source).map_err(VerifyError::from)?;
    let mut held = HeldRoot::acquire(root, access)?;
    if let Some(anchor) = &anchor {
        let store = TrustStore::new(&root.trust(), anchor.registry_name());
        if store.root()?.is_some() {
            // Writes nothing, and tells another root of the same name.
            store.trust(anchor, None)?;
        }
    }
    // Under the lock: what this host has seen must not grow while it is compared.
    let name = match &anchor {
        Some(anchor) => anchor.registry_name().clone(),
        None => name_by_first_root(&*source, root)?,
    };
    let verified = verify_as(&name, source, root, anchor.as_ref(), options.trust.grace, access.now)?;
    let before = KnownRegistries::load(root)?;
    let mut known = before.clone();
    let registry = KnownRegistry { name: verified.registry().clone(), place };
    known.put(registry.clone(), &options.rank)?;

    held.created().create_dir_all(&root.trust()).map_err(|source| root.failed(source))?;
    let store = TrustStore::new(&root.trust(), verified.registry());
    let was_trusted = store.root()?.is_some();
    let mut keep = || -> Result<(), RegistryError> {
        if let Some(anchor) = &anchor {
            // One rename makes it known.
            store.trust(anchor, None)?;
        }
        verified.persist()?;
        if known != before {
            held.created().note_if_missing(&root.registries_file());
            known.save(root)?;
        }
        Ok(())
    };
    if let Err(error) = keep() {
        if !was_trusted {
            // On a disk that fails there is nothing to wait for; whatever is left is known to nobody.
            let _ = fs_err::remove_dir_all(root.trust().join(verified.registry().as_str()));
        }
        return Err(error);
    }
    held.keep();
    let change = match before.get(&registry.name) {
        Err(_) => RegistryChange::Added,
        Ok(_) if known == before => RegistryChange::Unchanged,
        Ok(_) => RegistryChange::Changed,
    };
    let at = known.iter().position(|other| other.name == registry.name).unwrap_or_default();
    Ok(AddedRegistry {
        root: root.path().to_owned(),
        change,
        rank: at + 1,
        registry: listed(root, &registry)?,
        freshness: verified.freshness(),
    })
}

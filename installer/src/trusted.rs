//! The registries that a host trusts.

use std::path::Path;

use attune_registry::trust::{TrustError, TrustStore};
use attune_schemas::Digest;
use attune_schemas::tuf::RegistryName;
use serde::Serialize;

use crate::error::InstallError;
use crate::host::{HostRoot, InstallLock, TreeGuard};
use crate::verify::read_anchor;

/// A trusted registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustedRegistry {
    /// Its name.
    pub registry: String,
    /// Version of the newest root that this host has seen.
    pub root_version: u64,
    /// Digest of that root's file.
    pub root_digest: Digest,
    /// When that root expires.
    pub root_expires: String,
}

/// The registries that `root` trusts, by name.
pub fn trusted_registries(root: &HostRoot) -> Result<Vec<TrustedRegistry>, InstallError> {
    let mut trusted = Vec::new();
    for name in TrustStore::registries(&root.trust())? {
        trusted.push(describe(&TrustStore::new(&root.trust(), &name))?);
    }
    Ok(trusted)
}

/// Trusts the registry whose root metadata is in `file`.
pub fn trust(root: &HostRoot, file: &Path) -> Result<TrustedRegistry, InstallError> {
    root.require_ours()?;
    let anchor = read_anchor(file)?;
    let mut guard = TreeGuard::default();
    let _lock = InstallLock::acquire(root, &mut guard)?;
    let store = TrustStore::new(&root.trust(), anchor.registry_name());
    store.trust(&anchor)?;
    guard.keep();
    describe(&store)
}

/// Forgets everything about a registry, its root and what was seen of it; what is installed stays.
pub fn reset_trust(root: &HostRoot, name: &RegistryName) -> Result<(), InstallError> {
    let store = TrustStore::new(&root.trust(), name);
    let known = TrustStore::registries(&root.trust())?;
    if !known.contains(name) {
        let names: Vec<&str> = known.iter().map(RegistryName::as_str).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(InstallError::UnknownRegistry { name: name.to_string(), known });
    }
    let mut guard = TreeGuard::default();
    let _lock = InstallLock::acquire(root, &mut guard)?;
    guard.keep();
    Ok(store.reset()?)
}

fn describe(store: &TrustStore) -> Result<TrustedRegistry, InstallError> {
    let registry = store.registry().clone();
    let root = store.root()?.ok_or(TrustError::NoTrustAnchor { registry: registry.clone() })?;
    Ok(TrustedRegistry {
        registry: registry.to_string(),
        root_version: root.version(),
        root_digest: Digest::of(root.bytes()),
        root_expires: root.role().expires.to_string(),
    })
}

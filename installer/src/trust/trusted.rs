//! The registries that a host trusts.

use std::path::Path;

use attune_host::root::{HostRoot, RootError};
use attune_host::transaction::{Access, AccessError, HeldRoot};
use attune_registry::report::Report;
use attune_registry::trust::{MetadataStore, StateError, TrustError, TrustPolicy, TrustStore};
use attune_schemas::Digest;
use attune_schemas::tuf::{RegistryName, RoleType, Root};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use crate::trust::in_words;
use crate::trust::{AnchorError, read_anchor};

/// Why the trusted registries could not be shown or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustedError {
    /// The root cannot be used.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The root cannot be changed now.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The root metadata that a person gave cannot be used.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// The trust state cannot be read or written.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// No such registry is trusted.
    #[error("no registry `{name}` is trusted; trusted are {known}")]
    UnknownRegistry {
        /// The name.
        name: String,
        /// The trusted ones, in words.
        known: String,
    },
}

impl From<StateError> for TrustedError {
    fn from(error: StateError) -> Self {
        Self::Trust(error.into())
    }
}

/// A trusted registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustedRegistry {
    /// Its name.
    pub registry: String,
    /// Version of the newest root that this host has seen.
    pub root_version: u64,
    /// The fingerprint of that root.
    pub root_fingerprint: Digest,
    /// When that root expires.
    pub root_expires_at: String,
    /// For how long expired metadata is accepted, if at all: `30d`, or `any`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry_grace: Option<String>,
}

impl Report for TrustedRegistry {
    const FORMAT: &'static str = "attune-install.trusted-registry/v1";
}

/// A trusted registry with everything that is remembered of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustDetails {
    /// The columns of the list.
    #[serde(flatten)]
    pub registry: TrustedRegistry,
    /// Who signs each role, and how many of them must.
    pub roles: Vec<TrustedRole>,
    /// The versions behind which nothing may roll back; empty until something was installed.
    pub seen: Vec<SeenRole>,
    /// When the registry signed the newest timestamp that this host has seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<String>,
}

impl Report for TrustDetails {
    const FORMAT: &'static str = "attune-install.trust-show/v1";
}

/// Who signs a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustedRole {
    /// The role.
    pub role: &'static str,
    /// How many of the keys must sign.
    pub threshold: u32,
    /// The ids of the keys.
    pub keys: Vec<String>,
}

/// Metadata that this host has seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeenRole {
    /// The role.
    pub role: String,
    /// Its newest version.
    pub version: u64,
    /// When that expires; known of those at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// The registries that `root` trusts, by name.
pub fn trusted_registries(root: &HostRoot) -> Result<Vec<TrustedRegistry>, TrustedError> {
    root.require_there()?;
    let mut trusted = Vec::new();
    for name in TrustStore::registries(&root.trust())? {
        trusted.push(describe(&TrustStore::new(&root.trust(), &name))?);
    }
    Ok(trusted)
}

/// Everything that `root` remembers of registry `name`.
pub fn trust_details(root: &HostRoot, name: &RegistryName) -> Result<TrustDetails, TrustedError> {
    let store = known(root, name)?;
    let registry = describe(&store)?;
    let trusted = store.root()?.ok_or(TrustError::NoTrustAnchor { registry: name.clone() })?;
    let roles = signers(trusted.role());
    let metadata = MetadataStore::new(&root.trust().join(name.as_str()));
    let seen = metadata.seen()?;
    let versions = seen.versions.into_iter().map(|seen| SeenRole {
        role: seen.role,
        version: seen.version,
        expires_at: seen.expires.map(|expires| expires.to_string()),
    });
    let signed_at = seen.signed_at.map(|signed| signed.to_string());
    Ok(TrustDetails { registry, roles, seen: versions.collect(), signed_at })
}

/// Who signs each role of the registry with `root`, and how many of them must.
pub fn signers(root: &Root) -> Vec<TrustedRole> {
    let roles = RoleType::ALL.into_iter().map(|role| {
        let keys = root.roles.get(role);
        TrustedRole {
            role: role.as_str(),
            threshold: keys.threshold.get(),
            keys: keys.keyids.iter().map(ToString::to_string).collect(),
        }
    });
    roles.collect()
}

/// Fails unless a registry of this name is trusted, in whatever state its metadata is.
pub fn check_trusted(root: &HostRoot, name: &RegistryName) -> Result<(), TrustedError> {
    known(root, name).map(drop)
}

/// Trusts the registry whose root metadata is in `file`, if that has `fingerprint`, and decides for how long
/// its expired metadata is accepted.
pub fn trust(
    root: &HostRoot,
    file: &Path,
    fingerprint: Option<Digest>,
    expiry_grace: Option<SignedDuration>,
    access: &Access<'_>,
) -> Result<TrustedRegistry, TrustedError> {
    root.require_ours()?;
    let anchor = read_anchor(file, fingerprint)?;
    let mut held = HeldRoot::acquire(root, access)?;
    let store = TrustStore::new(&root.trust(), anchor.registry_name());
    held.created().create_dir_all(&root.trust()).map_err(|source| root.failed(source))?;
    let policy = expiry_grace.map(|expiry_grace| TrustPolicy { expiry_grace });
    store.trust(&anchor, policy.as_ref())?;
    held.keep();
    describe(&store)
}

/// Forgets which versions of a registry were seen; its root stays trusted.
pub fn reset_trust(root: &HostRoot, name: &RegistryName, access: &Access<'_>) -> Result<(), TrustedError> {
    change(root, name, access, TrustStore::reset)
}

/// Forgets everything about a registry, its root and what was seen of it; what is installed stays.
pub fn remove_trust(root: &HostRoot, name: &RegistryName, access: &Access<'_>) -> Result<(), TrustedError> {
    change(root, name, access, TrustStore::remove)
}

fn change(
    root: &HostRoot,
    name: &RegistryName,
    access: &Access<'_>,
    change: impl FnOnce(&TrustStore) -> Result<(), StateError>,
) -> Result<(), TrustedError> {
    root.require_ours()?;
    if !root.state().is_dir() {
        // Nothing is known there, and nothing is created to say so.
        known(root, name)?;
    }
    // What a killed install learnt of the registry is kept first, or it would come back afterwards.
    let mut held = HeldRoot::acquire(root, access)?;
    held.keep();
    Ok(change(&known(root, name)?)?)
}

/// The store of a registry that is trusted.
fn known(root: &HostRoot, name: &RegistryName) -> Result<TrustStore, TrustedError> {
    root.require_there()?;
    let known = TrustStore::registries(&root.trust())?;
    if known.contains(name) {
        return Ok(TrustStore::new(&root.trust(), name));
    }
    let names: Vec<&str> = known.iter().map(RegistryName::as_str).collect();
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Err(TrustedError::UnknownRegistry { name: name.to_string(), known })
}

fn describe(store: &TrustStore) -> Result<TrustedRegistry, TrustedError> {
    let registry = store.registry().clone();
    let root = store.root()?.ok_or(TrustError::NoTrustAnchor { registry: registry.clone() })?;
    let grace = store.policy()?.expiry_grace;
    Ok(TrustedRegistry {
        registry: registry.to_string(),
        root_version: root.version(),
        root_fingerprint: Digest::of(root.bytes()),
        root_expires_at: root.role().expires.to_string(),
        expiry_grace: grace.is_positive().then(|| in_words(grace)),
    })
}

//! The documents about known registries.

use std::path::PathBuf;

use attune_host::preferences::KnownRegistry;
use attune_host::root::HostRoot;
use attune_registry::report::Report;
use attune_registry::trust::{MetadataStore, TrustStore};
use attune_schemas::PackRef;
use schemars::JsonSchema;
use serde::Serialize;

use super::{RegistryError, installed_from};
use crate::trust::FreshnessReport;

/// The registries that a host knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedRegistries {
    /// The installation root.
    pub root: PathBuf,
    /// The registries, in the order in which they are asked.
    pub registries: Vec<ListedRegistry>,
}

impl Report for ListedRegistries {
    const FORMAT: &'static str = "attune-install.registry-list/v1";
}

/// A registry that a host knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedRegistry {
    /// Its name and place.
    #[serde(flatten)]
    pub registry: KnownRegistry,
    /// Version of the newest root that this host has seen; absent where the registry is not trusted any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_version: Option<u64>,
    /// When the registry signed the newest timestamp that this host has seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<String>,
    /// The installed packs that came from it.
    pub installed: Vec<PackRef>,
}

/// The effect of adding a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RegistryChange {
    /// It was not known.
    Added,
    /// It has another place or rank now.
    Changed,
    /// It was known as it is.
    Unchanged,
}

/// A registry that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddedRegistry {
    /// The installation root.
    pub root: PathBuf,
    /// The change.
    pub change: RegistryChange,
    /// Its place among the known ones, from 1 on.
    pub rank: usize,
    /// The registry.
    pub registry: ListedRegistry,
    /// How fresh its metadata is.
    pub freshness: FreshnessReport,
}

impl Report for AddedRegistry {
    const FORMAT: &'static str = "attune-install.registry-add/v1";
}

/// A registry that is not known any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovedRegistry {
    /// The installation root.
    pub root: PathBuf,
    /// The registry.
    pub registry: KnownRegistry,
    /// Whether its root is still trusted.
    pub trusted: bool,
    /// The installed packs that came from it; they stay.
    pub installed: Vec<PackRef>,
}

impl Report for RemovedRegistry {
    const FORMAT: &'static str = "attune-install.registry-remove/v1";
}

/// What `root` knows of `registry`.
pub(super) fn listed(root: &HostRoot, registry: &KnownRegistry) -> Result<ListedRegistry, RegistryError> {
    let trusted = TrustStore::new(&root.trust(), &registry.name).root()?;
    let seen =
        trusted.as_ref().map(|_| MetadataStore::new(&root.trust().join(registry.name.as_str())).seen());
    let signed_at = seen.transpose()?.and_then(|seen| seen.signed_at);
    Ok(ListedRegistry {
        registry: registry.clone(),
        root_version: trusted.map(|root| root.version()),
        signed_at: signed_at.map(|signed| signed.to_string()),
        installed: installed_from(root, &registry.name),
    })
}

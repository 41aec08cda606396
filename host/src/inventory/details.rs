//! Everything that a host knows of one installed pack.

use std::collections::BTreeMap;
use std::io;

use attune_schemas::{PackRef, Requirement, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::dependencies::DependencyGraph;
use super::packs::Listing;
use super::{InventoryError, ListedPack, installed};
use crate::generation::KeptRelease;
use crate::root::HostRoot;

/// An installed pack with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstalledDetails {
    /// The columns of the list.
    #[serde(flatten)]
    pub listed: ListedPack,
    /// Its name for people; absent with the other words on it where an earlier program installed it, or the file is lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// SPDX expression of its licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// The versions of the packs that it needs; absent where one is not installed.
    pub installed_dependencies: BTreeMap<PackRef, Version>,
    /// The installed packs that need it, with the requirement of each on it.
    pub dependents: BTreeMap<PackRef, Requirement>,
    /// The refs of its components, by the name of the directory of their kind.
    pub components: BTreeMap<String, Vec<String>>,
}

/// Everything that `root` knows of `pack`; reads only.
///
/// # Errors
/// It is not installed.
pub fn details(root: &HostRoot, pack: &PackRef) -> Result<InstalledDetails, InventoryError> {
    let active = installed(root)?;
    let entry = active.installed_pack(pack)?;
    let graph = DependencyGraph::of(&active);
    let kept = match KeptRelease::load(&root.generation(active.id), pack) {
        // `verify` is for that; here it only says less.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            tracing::info!("{error}");
            None
        }
        kept => kept.map_err(|source| root.failed(source))?,
    };
    let mut components: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for component in kept.iter().flat_map(|kept| &kept.config.components) {
        let refs = components.entry(component.kind.directory().to_owned()).or_default();
        refs.push(component.component_ref.clone());
    }
    let needed =
        graph.dependencies(pack).filter_map(|(needed, _)| graph.pack(needed).map(|there| (needed, there)));
    let metadata = kept.map(|kept| kept.config.pack);
    let metadata = metadata.as_ref();
    Ok(InstalledDetails {
        listed: Listing::of(root, &active)?.pack(pack, entry),
        label: metadata.map(|metadata| metadata.label.clone()),
        description: metadata.map(|metadata| metadata.description.clone()).filter(|text| !text.is_empty()),
        author: metadata.and_then(|metadata| metadata.author.clone()),
        license: metadata.and_then(|metadata| metadata.license.clone()),
        homepage: metadata.and_then(|metadata| metadata.homepage.clone()),
        installed_dependencies: needed
            .map(|(needed, there)| (needed.clone(), there.version.clone()))
            .collect(),
        dependents: graph
            .dependents(pack)
            .iter()
            .map(|(pack, on)| ((*pack).clone(), (*on).clone()))
            .collect(),
        components,
    })
}

//! The packs that are installed on a root.

use std::collections::BTreeMap;

use attune_schemas::{PackRef, Version};
use serde::Serialize;

use super::environments::interpreter_version;
use super::{InventoryError, installed};
use crate::environment::EnvironmentName;
use crate::root::HostRoot;

/// The installed packs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    /// The installation root.
    pub root: std::path::PathBuf,
    /// The active generation.
    pub generation: u64,
    /// The packs, by ref.
    pub packs: Vec<ListedPack>,
}

/// An installed pack.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedPack {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// The registry it came from.
    pub registry: String,
    /// Whether it was asked for, rather than needed by another.
    pub requested: bool,
    /// Number of components by directory name.
    pub contents: BTreeMap<String, u64>,
    /// The interpreter of each environment.
    pub environments: BTreeMap<EnvironmentName, PackEnvironment>,
    /// Where it is.
    pub path: std::path::PathBuf,
}

/// An environment of an installed pack.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PackEnvironment {
    /// Version of the interpreter.
    pub version: String,
    /// Number of packages in it.
    pub packages: usize,
    /// Where it is.
    pub path: std::path::PathBuf,
}

/// Lists what is installed on `root`; reads only.
///
/// # Errors
/// There is nothing: see [`installed()`].
pub fn list(root: &HostRoot) -> Result<Inventory, InventoryError> {
    let active = installed(root)?;
    let mut packs = Vec::new();
    for (pack, installed) in &active.packs {
        let environments = installed.environments.iter().map(|(runtime, environment)| {
            let listed = PackEnvironment {
                version: interpreter_version(&active, environment),
                packages: environment.package_count(),
                path: runtime.path(root, pack),
            };
            (runtime.clone(), listed)
        });
        packs.push(ListedPack {
            pack: pack.clone(),
            version: installed.version.clone(),
            registry: installed.registry.clone(),
            requested: installed.requested,
            contents: installed.contents.clone(),
            environments: environments.collect(),
            path: root.pack(pack),
        });
    }
    Ok(Inventory { root: root.path().to_owned(), generation: active.id, packs })
}

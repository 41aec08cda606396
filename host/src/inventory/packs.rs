//! The packs that are installed on a root.

use std::collections::BTreeMap;
use std::io;

use attune_registry::report::Report;
use attune_schemas::{Digest, PackRef, Requirement, Version};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::environments::interpreter_version;
use super::{InventoryError, installed};
use crate::environment::{EnvironmentKind, EnvironmentName};
use crate::generation::{Generation, InstalledPack, TestSummary};
use crate::preferences::HostPolicy;
use crate::root::HostRoot;

/// The installed packs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    /// The installation root.
    pub root: std::path::PathBuf,
    /// The active generation.
    pub generation: u64,
    /// The packs, by ref.
    pub packs: Vec<ListedPack>,
}

impl Report for Inventory {
    const FORMAT: &'static str = "attune-install.list/v1";
}

/// An installed pack.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedPack {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// The registry it came from.
    pub registry: String,
    /// Whether nobody but this host signed it.
    pub unsigned: bool,
    /// The digest of its release's manifest.
    pub manifest: Digest,
    /// Whether it was asked for, rather than needed by another.
    pub requested: bool,
    /// Whether it is held at its version.
    pub held: bool,
    /// The range that it is pinned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Requirement>,
    /// The packs that it needs, with the requirement on each.
    pub dependencies: BTreeMap<PackRef, Requirement>,
    /// When it was installed; absent where an earlier program did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub installed_at: Option<Timestamp>,
    /// The bytes of its release that were there to install here: its archive, wheels and packages.
    pub size: u64,
    /// How its own tests ended when it was installed; absent where none ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestSummary>,
    /// The number of packages in its environments, each environment once.
    pub packages: usize,
    /// Number of components by directory name.
    pub contents: BTreeMap<String, u64>,
    /// The interpreter of each environment.
    pub environments: BTreeMap<EnvironmentName, PackEnvironment>,
    /// Where it is.
    pub path: std::path::PathBuf,
}

/// An environment of an installed pack.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackEnvironment {
    /// Its kind.
    pub kind: EnvironmentKind,
    /// The version of its interpreter; absent where it is unknown, as for one that steps built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpreter_version: Option<String>,
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
    let listing = Listing::of(root, &active)?;
    let packs = active.packs.iter().map(|(pack, installed)| listing.pack(pack, installed)).collect();
    Ok(Inventory { root: root.path().to_owned(), generation: active.id, packs })
}

/// What the rows of packs are made of.
pub(super) struct Listing<'a> {
    root: &'a HostRoot,
    active: &'a Generation,
    rules: HostPolicy,
}

impl<'a> Listing<'a> {
    /// That of `root`, whose active generation is `active`. Rules that are damaged, which every change tells, are none:
    /// packs are listed all the same.
    pub(super) fn of(root: &'a HostRoot, active: &'a Generation) -> Result<Self, InventoryError> {
        let rules = match HostPolicy::load(root) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => HostPolicy::default(),
            rules => rules.map_err(|source| root.failed(source))?,
        };
        Ok(Self { root, active, rules })
    }

    /// The row of `pack`, of which `installed` is the entry.
    pub(super) fn pack(&self, pack: &PackRef, installed: &InstalledPack) -> ListedPack {
        let environments = installed.environments.iter().map(|(runtime, environment)| {
            let listed = PackEnvironment {
                kind: environment.kind,
                interpreter_version: interpreter_version(self.active, environment),
                packages: environment.package_count(),
                path: runtime.path(self.root, pack),
            };
            (runtime.clone(), listed)
        });
        ListedPack {
            pack: pack.clone(),
            version: installed.version.clone(),
            registry: installed.registry.clone(),
            unsigned: installed.is_unsigned(),
            manifest: installed.manifest,
            requested: installed.requested,
            held: self.rules.held.contains(pack),
            pinned: self.rules.pinned.get(pack).cloned(),
            dependencies: installed.dependencies.clone(),
            installed_at: installed.installed_at,
            size: installed.size,
            tests: installed.tests,
            packages: installed.package_count(),
            contents: installed.contents.clone(),
            environments: environments.collect(),
            path: self.root.pack(pack),
        }
    }
}

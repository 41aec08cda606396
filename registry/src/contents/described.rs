//! The contents of a registry or bundle, as reports tell them.

use std::collections::BTreeMap;

use attune_schemas::coverage::ReleaseCoverage;
use attune_schemas::environment_lock::EnvironmentLocks;
use attune_schemas::origin::Origin;
use attune_schemas::pack_config::PackConfig;
use attune_schemas::runtime_index::{RuntimeName, RuntimeRelease};
use attune_schemas::{Digest, PackRef, PackRequest, Platform, PythonMinor, Requirement, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::opened::Roots;

/// The contents of a registry or bundle.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contents {
    /// The registry's name.
    pub registry: String,
    /// Its roots.
    #[serde(flatten)]
    pub roots: Roots,
    /// Until when hosts accept it: the date of the role that expires first.
    pub expires_at: String,
    /// The bundle; absent where the source is a registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<DescribedBundle>,
    /// The releases, by pack, the newest first.
    pub releases: Vec<DescribedRelease>,
    /// The interpreters that it carries.
    pub runtimes: Vec<DescribedRuntime>,
}

/// The file of a bundle, and what it was made for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DescribedBundle {
    /// Its size in bytes; absent where it is no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The digest of the file; absent where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The packs that were asked for, with their requirements.
    pub requested: Vec<PackRequest>,
    /// The machines that it was made for.
    pub platforms: Vec<Platform>,
    /// The Pythons that it was made for.
    pub pythons: Vec<PythonMinor>,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DescribedRelease {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// The digest of its manifest.
    pub manifest: Digest,
    /// Bytes of its archive, wheels and packages that are there.
    pub size: u64,
    /// The number of its wheels and packages that are there.
    pub vendored: usize,
    /// Whether it was asked for, rather than needed by another; absent in a registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested: Option<bool>,
    /// Where its files came from; absent where that was a directory, or is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The packs that it needs, with the requirement on each.
    pub dependencies: BTreeMap<PackRef, Requirement>,
    /// The refs of its components, by the name of the directory of their kind.
    pub components: BTreeMap<String, Vec<String>>,
    /// The packages of its environments, by runtime, over all targets.
    pub environments: BTreeMap<String, Vec<DescribedPackage>>,
    /// The kinds of hosts that it installs on.
    pub targets: Vec<ReleaseCoverage>,
}

/// A package of an environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct DescribedPackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// An interpreter.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DescribedRuntime {
    /// The runtime.
    pub runtime: RuntimeName,
    /// Its version.
    pub version: Version,
    /// The interpreter's platform.
    pub platform: Platform,
    /// The digest of its archive.
    pub archive: Digest,
    /// Bytes of its archive.
    pub size: u64,
}

impl DescribedRelease {
    /// The release with `config`, of `size` bytes in its archive and as many other files as `vendored`.
    pub fn of(config: &PackConfig, manifest: Digest, (size, vendored): (u64, usize)) -> Self {
        let mut components: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for component in &config.components {
            let refs = components.entry(component.kind.directory().to_owned()).or_default();
            refs.push(component.component_ref.clone());
        }
        Self {
            pack: config.pack.pack.clone(),
            version: config.pack.version.clone(),
            manifest,
            size,
            vendored,
            requested: None,
            origin: config.origin.clone(),
            dependencies: config.pack.dependencies.clone(),
            components,
            environments: packages_of(&config.environments),
            targets: ReleaseCoverage::of(config),
        }
    }
}

/// The packages of each runtime over all targets; one that is needed in several versions has several.
fn packages_of(locks: &EnvironmentLocks) -> BTreeMap<String, Vec<DescribedPackage>> {
    let package = |name: &str, version: &str| {
        let (name, version) = (name.to_owned(), version.to_owned());
        DescribedPackage { name, version }
    };
    let wheels = locks.python.iter().flat_map(|lock| &lock.targets).flat_map(|target| &target.wheels);
    let python = wheels.map(|wheel| package(&wheel.name, &wheel.version)).collect();
    let packages = locks.nodejs.iter().flat_map(|lock| &lock.targets).flat_map(|target| &target.packages);
    let nodejs = packages.map(|locked| package(&locked.name, &locked.version)).collect();
    let mut environments = BTreeMap::new();
    for (runtime, is_there, mut packages) in
        [("python", locks.python.is_some(), python), ("nodejs", locks.nodejs.is_some(), nodejs)]
    {
        let packages: &mut Vec<DescribedPackage> = &mut packages;
        packages.sort();
        packages.dedup();
        if is_there {
            environments.insert(runtime.to_owned(), std::mem::take(packages));
        }
    }
    environments
}

impl DescribedRuntime {
    /// `release` of `runtime`.
    pub fn of(runtime: RuntimeName, release: RuntimeRelease) -> Self {
        let RuntimeRelease { version, platform, archive, .. } = release;
        Self { runtime, version, platform, archive: archive.digest, size: archive.size }
    }
}

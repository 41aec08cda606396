//! Decides everything before the first byte is written: which releases, which interpreter, which
//! blobs, and how much room.

mod candidates;
mod environment;
mod error;
mod libraries;
mod node;
mod python;
mod releases;
mod runtimes;
mod space;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use attune_registry::reader::VerifiedRelease;
use attune_registry::source::BlobPlan;
use attune_schemas::environment_lock::{BinLink, Footprint, LockedNodePackage, LockedWheel};
use attune_schemas::runtime_index::RuntimeRelease;
use attune_schemas::{Digest, PackRef};

pub use environment::{NodeEnvironment, PackEnvironments, PlannedEnvironment, PythonEnvironment};
pub use error::PlanError;
pub use libraries::{MissingLibrary, check_libraries};
use node::plan_node;
use python::plan_python;
pub use releases::{BundleTargets, ChosenReleases, RegistryPolicy, choose_releases};
pub use runtimes::{BundledRuntimes, CarriedRuntimes};
pub use space::{SpaceNeed, check_space};

use crate::error::InstallError;
use crate::generation::InstalledPack;
use crate::host::{HostRoot, StoreKind};
use crate::link::LinkMode;
use crate::nodejs::{NodeInterpreter, NodeInterpreters};
use crate::python::{Interpreter, Interpreters};

/// What a host runs packs with.
pub struct Hosted<'a> {
    /// Its Pythons.
    pub pythons: &'a mut Interpreters,
    /// Its Node.js interpreters.
    pub nodes: &'a mut NodeInterpreters,
    /// What the source carries for where none of these fit.
    pub carried: CarriedRuntimes<'a>,
    /// The root that carried ones are unpacked below.
    pub root: &'a HostRoot,
}

/// The whole plan.
#[derive(Debug)]
pub struct InstallPlan {
    /// The packs to install, dependencies first.
    pub packs: Vec<PlannedPack>,
    /// Packs that stay as they are.
    pub kept: BTreeMap<PackRef, InstalledPack>,
    /// Pack archives that the store lacks, and what each unpacks to.
    pub archives: BTreeMap<Digest, Footprint>,
    /// Wheels that the store lacks.
    pub wheels: BTreeMap<Digest, LockedWheel>,
    /// npm packages that the store lacks.
    pub node_packages: BTreeMap<Digest, NeededNodePackage>,
    /// What install scripts made and the store lacks, with what each unpacks to.
    pub overlays: BTreeMap<Digest, Footprint>,
    /// Interpreters that the store lacks.
    pub runtimes: BTreeMap<Digest, RuntimeRelease>,
    /// Environments that the store lacks.
    pub environments: BTreeMap<Digest, PlannedEnvironment>,
    /// The blobs to fetch.
    pub blobs: BlobPlan,
    /// The room it takes.
    pub space: SpaceNeed,
}

/// An npm package to unpack.
#[derive(Debug, Clone)]
pub struct NeededNodePackage {
    /// The package, at one of its places.
    pub package: LockedNodePackage,
    /// Its files that are linked to as programs, relative to it.
    pub programs: BTreeSet<String>,
}

/// A pack to install.
#[derive(Debug)]
pub struct PlannedPack {
    /// The pack.
    pub pack: PackRef,
    /// Its release.
    pub release: VerifiedRelease,
    /// Whether it was asked for.
    pub requested: bool,
    /// Its environments.
    pub environments: PackEnvironments,
    /// The version that it replaces.
    pub replaces: Option<attune_schemas::Version>,
}

impl InstallPlan {
    /// Plans the installation of `chosen` on `root`.
    pub fn new(
        chosen: ChosenReleases,
        hosted: &mut Hosted<'_>,
        link_mode: LinkMode,
        root: &HostRoot,
    ) -> Result<Self, InstallError> {
        let mut plan = Self {
            packs: Vec::new(),
            kept: chosen.kept,
            archives: BTreeMap::new(),
            wheels: BTreeMap::new(),
            node_packages: BTreeMap::new(),
            overlays: BTreeMap::new(),
            runtimes: BTreeMap::new(),
            environments: BTreeMap::new(),
            blobs: BlobPlan { wanted: BTreeMap::new(), allowed: chosen.allowed },
            space: SpaceNeed::default(),
        };
        for (pack, release, requested) in chosen.install {
            let made_for = chosen.made_for.as_ref();
            let mut environments = PackEnvironments::new();
            if let Some((python, carried)) = plan_python(&pack, &release.config, made_for, hosted, link_mode)?
            {
                plan.need_runtime(carried, root);
                environments.insert("python".to_owned(), PlannedEnvironment::Python(python));
            }
            if let Some((node, carried)) = plan_node(&pack, &release.config, made_for, hosted, link_mode)? {
                plan.need_runtime(carried, root);
                environments.insert("nodejs".to_owned(), PlannedEnvironment::Node(node));
            }
            plan.need_archive(&release, root);
            for environment in environments.values() {
                plan.need_environment(environment, root);
            }
            let replaces = chosen.replaced.get(&pack).cloned();
            plan.packs.push(PlannedPack { pack, release, requested, environments, replaces });
        }
        plan.space = SpaceNeed::of(&plan);
        Ok(plan)
    }

    fn need_archive(&mut self, release: &VerifiedRelease, root: &HostRoot) {
        let layer = release.pack_layer();
        if !root.store(StoreKind::Packs, &layer.digest).is_dir() {
            self.archives.insert(layer.digest, release.config.unpacked);
            self.blobs.wanted.insert(layer.digest, layer.size);
        }
    }

    fn need_environment(&mut self, environment: &PlannedEnvironment, root: &HostRoot) {
        let digest = environment.digest();
        if root.store(StoreKind::Envs, &digest).is_dir() {
            return;
        }
        match environment {
            PlannedEnvironment::Python(python) => self.need_wheels(&python.wheels, root),
            PlannedEnvironment::Node(node) => self.need_node_packages(node, root),
        }
        self.environments.insert(digest, environment.clone());
    }

    fn need_runtime(&mut self, carried: Option<RuntimeRelease>, root: &HostRoot) {
        let Some(release) = carried else { return };
        let digest = release.archive.digest;
        if !root.store(StoreKind::Runtimes, &digest).is_dir() {
            self.blobs.wanted.insert(digest, release.archive.size);
            self.runtimes.insert(digest, release);
        }
    }

    fn need_wheels(&mut self, wheels: &[LockedWheel], root: &HostRoot) {
        for wheel in wheels {
            if !root.store(StoreKind::Wheels, &wheel.digest).is_dir() {
                self.wheels.insert(wheel.digest, wheel.clone());
                self.blobs.wanted.insert(wheel.digest, wheel.size);
            }
        }
    }

    fn need_node_packages(&mut self, environment: &NodeEnvironment, root: &HostRoot) {
        let lacks = |digest: &Digest| !root.store(StoreKind::Node, digest).is_dir();
        for package in &environment.packages {
            if lacks(&package.digest) {
                let needed = self.node_packages.entry(package.digest).or_insert_with(|| NeededNodePackage {
                    package: package.clone(),
                    programs: BTreeSet::new(),
                });
                needed.programs.extend(programs_of(package, &environment.bins));
                self.blobs.wanted.insert(package.digest, package.size);
            }
            if let Some(overlay) = package.overlay.as_ref().filter(|overlay| lacks(&overlay.digest)) {
                self.overlays.insert(overlay.digest, overlay.unpacked);
                self.blobs.wanted.insert(overlay.digest, overlay.size);
            }
        }
    }

    /// The bytes to fetch.
    pub fn download_bytes(&self) -> u64 {
        self.blobs.wanted.values().sum()
    }

    /// The Pythons that its environments use, each once.
    pub fn interpreters(&self) -> Vec<Interpreter> {
        let pythons = self.all_environments().filter_map(|environment| match environment {
            PlannedEnvironment::Python(python) => Some(&python.interpreter),
            PlannedEnvironment::Node(_) => None,
        });
        distinct(pythons, |interpreter| &interpreter.executable)
    }

    /// The Node.js interpreters that its environments use, each once.
    pub fn nodes(&self) -> Vec<NodeInterpreter> {
        let nodes = self.all_environments().filter_map(|environment| match environment {
            PlannedEnvironment::Node(node) => Some(&node.interpreter),
            PlannedEnvironment::Python(_) => None,
        });
        distinct(nodes, |interpreter| &interpreter.executable)
    }

    fn all_environments(&self) -> impl Iterator<Item = &PlannedEnvironment> {
        self.packs.iter().flat_map(|pack| pack.environments.values())
    }
}

/// The first of each with an equal key.
fn distinct<'a, T: Clone + 'a>(items: impl Iterator<Item = &'a T>, key: impl Fn(&T) -> &PathBuf) -> Vec<T> {
    let mut seen = BTreeSet::new();
    items.filter(|item| seen.insert(key(item).clone())).cloned().collect()
}

/// The files of `package` that `bins` link to, relative to it.
fn programs_of(package: &LockedNodePackage, bins: &[BinLink]) -> impl Iterator<Item = String> {
    let below = format!("{}/", package.path);
    bins.iter().filter_map(move |bin| bin.target.as_str().strip_prefix(&below).map(str::to_owned))
}

//! Decides everything before the first byte is written: which releases, which interpreter, which
//! blobs, and how much room.

mod candidates;
mod environment;
mod error;
mod libraries;
mod node;
mod python;
mod recipes;
mod releases;
mod runtimes;
mod space;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use attune_registry::reader::VerifiedRelease;
use attune_registry::source::BlobPlan;
use attune_schemas::environment_lock::{BinLink, Footprint, LockedNodePackage, LockedWheel};
use attune_schemas::runtime_index::RuntimeRelease;
use attune_schemas::{Digest, PackRef};

pub use environment::{
    NodeEnvironment, PackEnvironments, PlannedEnvironment, PythonEnvironment, RecipeEnvironment, VendoredBlob,
};
pub use error::PlanError;
pub use libraries::{MissingLibrary, check_libraries};
use node::plan_node;
use python::plan_python;
use recipes::{RecipeSource, UsedRuntime, definitions_of, plan_recipes, used_runtimes};
pub use releases::{BundleTargets, ChosenReleases, RegistryPolicy, allowed_blobs, choose_releases};
pub use runtimes::{BundledRuntimes, CarriedRuntimes};
pub use space::{SpaceNeed, check_space};
use versions::plan_versions;

use crate::engine::RuntimeDefinition;
use crate::error::InstallError;
use crate::generation::InstalledPack;
use crate::host::{HostRoot, StoreKind};
use crate::interrupt::Interrupt;
use crate::link::LinkMode;
use crate::nodejs::{NodeInterpreter, NodeInterpreters};
use crate::python::{Interpreter, InterpreterSearch, Interpreters};

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
    /// Where other programs are looked for.
    pub programs: &'a InterpreterSearch,
    /// Runtimes of packs that are installed already.
    pub definitions: Vec<RuntimeDefinition>,
    /// Tells when to stop.
    pub interrupt: &'a Interrupt,
}

/// What holds for every environment of a plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanSettings<'a> {
    /// What the bundle was made for; absent where the source is none.
    made_for: Option<&'a BundleTargets>,
    /// How files come into environments.
    link_mode: LinkMode,
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
    /// Vendored files that steps need as they are, by their names beside each other.
    pub vendored: BTreeMap<Digest, String>,
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
    /// Directories of environments that could not be built, and that it goes without.
    pub failed_environments: Vec<String>,
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
        let blobs = BlobPlan { wanted: BTreeMap::new(), allowed: chosen.allowed };
        let mut plan = Self::empty(chosen.kept, blobs);
        let mut others = hosted.definitions.clone();
        for (pack, release, _) in &chosen.install {
            others.extend(definitions_of(pack, &release.config)?);
        }
        for (pack, release, requested) in chosen.install {
            let settings = PlanSettings { made_for: chosen.made_for.as_ref(), link_mode };
            let config = &release.config;
            let own = definitions_of(&pack, config)?;
            let used = used_runtimes(&pack, config, &own, &others, root)?;
            let by_steps = |name: &str| used.iter().find(|used| used.canonical == Some(name));
            let mut environments = PackEnvironments::new();
            let (mut python, mut node) = (None, None);
            if let Some((environment, carried)) = plan_python(&pack, config, &settings, hosted, &|_| true)? {
                plan.need_runtime(carried, root);
                match by_steps("python") {
                    Some(_) => python = Some(environment),
                    None => drop(
                        environments.insert("python".to_owned(), PlannedEnvironment::Python(environment)),
                    ),
                }
            }
            if let Some((environment, carried)) = plan_node(&pack, config, &settings, hosted, &|_| true)? {
                plan.need_runtime(carried, root);
                match by_steps("node") {
                    Some(_) => node = Some(environment),
                    None => {
                        drop(environments.insert("nodejs".to_owned(), PlannedEnvironment::Node(environment)));
                    }
                }
            }
            let versioned = plan_versions(&pack, config, &settings, hosted)?;
            versioned.carried.into_iter().for_each(|carried| plan.need_runtime(Some(carried), root));
            environments.extend(versioned.environments);
            for used in &used {
                let (interpreter, vendored) = vendored_for(used, python.as_ref(), node.as_ref());
                let archive = release.pack_layer().digest;
                let source = RecipeSource { pack: &pack, config, archive, interpreter, vendored };
                let planned = plan_recipes(&source, used, hosted)?.into_iter();
                environments.extend(
                    planned.map(|(directory, recipe)| (directory, PlannedEnvironment::Recipe(recipe))),
                );
            }
            plan.need_archive(&release, root);
            for environment in environments.values() {
                plan.need_environment(environment, root);
            }
            let replaces = chosen.replaced.get(&pack).cloned();
            plan.packs.push(PlannedPack {
                pack,
                release,
                requested,
                environments,
                failed_environments: Vec::new(),
                replaces,
            });
        }
        plan.space = SpaceNeed::of(&plan);
        Ok(plan)
    }

    /// A plan for nothing but packages of `environments`: those in `wanted`.
    pub(crate) fn of_packages(
        environments: &[&PlannedEnvironment],
        wanted: &BTreeSet<Digest>,
        blobs: BlobPlan,
    ) -> Self {
        let mut plan = Self::empty(BTreeMap::new(), blobs);
        for environment in environments {
            match environment {
                PlannedEnvironment::Python(python) => {
                    plan.need_wheels(&python.wheels, |digest| wanted.contains(digest));
                }
                PlannedEnvironment::Node(node) => {
                    plan.need_node_packages(node, |digest| wanted.contains(digest));
                }
                PlannedEnvironment::Recipe(_) => {}
            }
        }
        plan
    }

    fn empty(kept: BTreeMap<PackRef, InstalledPack>, blobs: BlobPlan) -> Self {
        Self {
            packs: Vec::new(),
            kept,
            archives: BTreeMap::new(),
            wheels: BTreeMap::new(),
            node_packages: BTreeMap::new(),
            overlays: BTreeMap::new(),
            vendored: BTreeMap::new(),
            runtimes: BTreeMap::new(),
            environments: BTreeMap::new(),
            blobs,
            space: SpaceNeed::default(),
        }
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
            PlannedEnvironment::Python(python) => {
                self.need_wheels(&python.wheels, |digest| !root.store(StoreKind::Wheels, digest).is_dir());
            }
            PlannedEnvironment::Node(node) => {
                self.need_node_packages(node, |digest| !root.store(StoreKind::Node, digest).is_dir());
            }
            PlannedEnvironment::Recipe(recipe) => {
                for blob in &recipe.vendored {
                    self.vendored.insert(blob.digest, blob.file_name());
                    self.blobs.wanted.insert(blob.digest, blob.size);
                }
            }
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

    fn need_wheels(&mut self, wheels: &[LockedWheel], lacks: impl Fn(&Digest) -> bool) {
        for wheel in wheels {
            if lacks(&wheel.digest) {
                self.wheels.insert(wheel.digest, wheel.clone());
                self.blobs.wanted.insert(wheel.digest, wheel.size);
            }
        }
    }

    fn need_node_packages(&mut self, environment: &NodeEnvironment, lacks: impl Fn(&Digest) -> bool) {
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
            _ => None,
        });
        distinct(pythons, |interpreter| &interpreter.executable)
    }

    /// The Node.js interpreters that its environments use, each once.
    pub fn nodes(&self) -> Vec<NodeInterpreter> {
        let nodes = self.all_environments().filter_map(|environment| match environment {
            PlannedEnvironment::Node(node) => Some(&node.interpreter),
            _ => None,
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

/// The interpreter that was chosen for a runtime under steps of its own, and what its steps find.
fn vendored_for(
    used: &UsedRuntime<'_>,
    python: Option<&PythonEnvironment>,
    node: Option<&NodeEnvironment>,
) -> (Option<PathBuf>, Vec<VendoredBlob>) {
    match (used.canonical, python, node) {
        (Some("python"), Some(python), _) => {
            let wheel = |wheel: &LockedWheel| VendoredBlob {
                digest: wheel.digest,
                size: wheel.size,
                name: wheel.filename.clone(),
                places: Vec::new(),
            };
            (Some(python.interpreter.executable.clone()), python.wheels.iter().map(wheel).collect())
        }
        (Some("node"), _, Some(node)) => {
            let mut blobs: BTreeMap<Digest, VendoredBlob> = BTreeMap::new();
            for package in &node.packages {
                let blob = blobs.entry(package.digest).or_insert_with(|| VendoredBlob {
                    digest: package.digest,
                    size: package.size,
                    name: package.filename(),
                    places: Vec::new(),
                });
                blob.places.push(package.path.to_string());
            }
            (Some(node.interpreter.executable.clone()), blobs.into_values().collect())
        }
        _ => (None, Vec::new()),
    }
}

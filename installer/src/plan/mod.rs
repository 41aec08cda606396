//! Decides everything before the first byte is written: which releases, which interpreter, which
//! blobs, and how much room.

mod choose;
mod error;
mod host_runtimes;
mod lacking;
mod libraries;
mod node;
mod python;
mod recipes;
mod runtimes;
mod space;
mod tree;
mod versions;
mod without;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use attune_host::environment::{EnvironmentDescription, EnvironmentName, LinkMode, PackEnvironments};
use attune_host::generation::{FailedEnvironment, InstalledPack};
use attune_host::machine::{Interpreter, NodeInterpreter};
use attune_host::root::StoreKind;
use attune_host::verification::StoredTrees;
use attune_registry::reader::VerifiedRelease;
use attune_registry::release_check::check_release;
use attune_registry::source::BlobPlan;
use attune_schemas::runtime_definition::RuntimeDefinition;
use attune_schemas::runtime_index::RuntimeRelease;
use attune_schemas::{Digest, PackRef};

pub use choose::{
    ChooseError, ChooseOptions, ChosenReleases, DependencyPolicy, HeldBack, InstalledPacks, KeptNewer,
    LackingDependency, LackingPolicy, LoneRelease, OtherPacks, Purpose, RegistryPolicy, WantedPack,
    allowed_blobs, bundled_releases, channel_requests, choose_alone, choose_releases, installed_blobs,
    newest_for, newest_release, upgrade_requests,
};
pub use error::{MissingLibrary, PlanError};
pub use host_runtimes::HostRuntimes;
use host_runtimes::PlanSettings;
pub use libraries::check_libraries;
use node::plan_node;
use python::{plan_python, plan_test_python};
use recipes::{RecipeSource, definitions_of, plan_recipes, taken, used_runtimes, vendored_for};
pub use runtimes::{BundledRuntimes, CarriedRuntimes};
pub use space::{SpaceNeed, check_space};
pub use tree::{NeededNodePackage, TreeToUnpack};
use versions::plan_versions;
pub use without::EnvironmentPolicy;
use without::Without;

/// The whole plan.
#[derive(Debug)]
pub struct InstallPlan {
    /// The packs to install, dependencies first.
    pub packs: Vec<PlannedPack>,
    /// Packs that stay as they are.
    pub kept: BTreeMap<PackRef, InstalledPack>,
    /// Trees that the store lacks.
    pub trees: BTreeMap<(StoreKind, Digest), TreeToUnpack>,
    /// Vendored files that steps need as they are, by their names beside each other.
    pub vendored: BTreeMap<Digest, String>,
    /// Where blobs are kept as they are.
    pub originals: BTreeMap<Digest, Vec<PathBuf>>,
    /// Environments that the store lacks.
    pub environments: BTreeMap<Digest, EnvironmentDescription>,
    /// The blobs to fetch.
    pub blobs: BlobPlan,
    /// The room it takes.
    pub space: SpaceNeed,
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
    /// The environments that could not be built, and that it goes without.
    pub failed_environments: Vec<EnvironmentName>,
    /// Those among them that were not even planned.
    pub unplanned: Vec<FailedEnvironment>,
    /// The version that it replaces.
    pub replaces: Option<attune_schemas::Version>,
}

impl InstallPlan {
    /// Plans the installation of `chosen` on the root whose trees are `stored`.
    pub fn new(
        chosen: ChosenReleases,
        hosted: &mut HostRuntimes<'_>,
        (link_mode, policy): (LinkMode, EnvironmentPolicy),
        stored: &StoredTrees<'_>,
    ) -> Result<Self, PlanError> {
        let root = stored.root();
        let blobs = BlobPlan { wanted: BTreeMap::new(), allowed: chosen.allowed };
        let mut plan = Self::empty(chosen.kept, blobs);
        let mut others = Vec::new();
        for (pack, release, _) in &chosen.install {
            others.extend(definitions_of(pack, &release.config)?);
        }
        // What a pack that is replaced said of runtimes counts no longer.
        let is_replaced = |definition: &RuntimeDefinition| {
            let pack = definition.reference.split('.').next();
            chosen.install.iter().any(|(replaced, ..)| Some(replaced.as_str()) == pack)
        };
        others.extend(hosted.definitions.iter().filter(|definition| !is_replaced(definition)).cloned());
        let locks = chosen.install.iter().map(|(_, release, _)| &release.config.environments);
        hosted.ask_ahead(&locks.collect::<Vec<_>>());
        for (pack, release, requested) in chosen.install {
            let settings = PlanSettings { made_for: chosen.made_for.as_ref(), link_mode };
            let config = &release.config;
            check_release(config).map_err(|source| PlanError::Release {
                pack: pack.clone(),
                version: config.pack.version.clone(),
                source: Box::new(source),
            })?;
            let own = definitions_of(&pack, config)?;
            let mut without = Without::new(policy);
            let used = used_runtimes(&pack, config, &own, &others, root)?;
            let by_steps = |name: &str| used.iter().find(|used| used.canonical == Some(name));
            let mut environments = PackEnvironments::new();
            let (mut python, mut node) = (None, None);
            let planned = plan_python(&pack, config, &settings, hosted, &|_| true);
            if let Some((environment, carried)) = without.unless(&EnvironmentName::python(), planned)? {
                plan.need_runtime(carried, stored);
                if by_steps("python").is_some() {
                    python = Some(environment);
                } else {
                    let environment = EnvironmentDescription::Python(environment);
                    let _previous = environments.insert(EnvironmentName::python(), environment);
                }
            }
            let planned = plan_node(&pack, config, &settings, hosted, &|_| true);
            if let Some((environment, carried)) = without.unless(&EnvironmentName::nodejs(), planned)? {
                plan.need_runtime(carried, stored);
                if by_steps("node").is_some() {
                    node = Some(environment);
                } else {
                    let environment = EnvironmentDescription::Node(environment);
                    let _previous = environments.insert(EnvironmentName::nodejs(), environment);
                }
            }
            let versioned = plan_versions(&pack, config, &settings, hosted, &environments)?;
            let own = environments.get("python").and_then(EnvironmentDescription::as_python);
            let of_tests =
                own.map(|own| plan_test_python(&pack, config, own, &settings, hosted)).transpose()?;
            if let Some(environment) = of_tests.flatten() {
                let environment = EnvironmentDescription::Python(environment);
                let _previous = environments.insert(EnvironmentName::test_python(), environment);
            }
            versioned.carried.into_iter().for_each(|carried| plan.need_runtime(Some(carried), stored));
            environments.extend(versioned.environments);
            for used in &used {
                let (interpreter, vendored) = vendored_for(used, python.as_ref(), node.as_ref());
                let archive = release.pack_layer().digest;
                let source = RecipeSource { pack: &pack, config, archive, interpreter, vendored };
                for (name, recipe) in plan_recipes(&source, used, hosted)? {
                    if environments.contains_key(&name) {
                        return Err(taken(&pack, used, &name));
                    }
                    // Half of one may be there, or one that was changed.
                    let is_taken = |digest: &Digest| {
                        root.store(StoreKind::Envs, digest).exists() && stored.lacks(StoreKind::Envs, digest)
                    };
                    environments.insert(name, EnvironmentDescription::Recipe(recipe.beside(is_taken)));
                }
            }
            without.leave_out(&mut environments);
            plan.need_archive(&release, stored);
            for environment in environments.values() {
                plan.need_environment(environment, stored);
            }
            let replaces = chosen.replaced.get(&pack).cloned();
            plan.packs.push(PlannedPack {
                pack,
                release,
                requested,
                environments,
                failed_environments: without.names(),
                unplanned: without.into_failed(),
                replaces,
            });
        }
        plan.space = SpaceNeed::of(&plan);
        Ok(plan)
    }

    /// A plan for nothing but packages of `environments`: those in `wanted`.
    pub(crate) fn of_packages(
        environments: &[&EnvironmentDescription],
        wanted: &BTreeSet<Digest>,
        blobs: BlobPlan,
    ) -> Self {
        let mut plan = Self::empty(BTreeMap::new(), blobs);
        for environment in environments {
            match environment {
                EnvironmentDescription::Python(python) => {
                    plan.need_wheels(&python.wheels, |digest| wanted.contains(digest));
                }
                EnvironmentDescription::Node(node) => {
                    plan.need_node_packages(node, |digest| wanted.contains(digest));
                }
                EnvironmentDescription::Recipe(_) => {}
            }
        }
        plan
    }

    /// A plan for nothing yet, from a source where blobs of `allowed` may come by.
    pub fn of_nothing(allowed: BTreeMap<Digest, u64>) -> Self {
        Self::empty(BTreeMap::new(), BlobPlan { wanted: BTreeMap::new(), allowed })
    }

    fn empty(kept: BTreeMap<PackRef, InstalledPack>, blobs: BlobPlan) -> Self {
        Self {
            packs: Vec::new(),
            kept,
            trees: BTreeMap::new(),
            vendored: BTreeMap::new(),
            originals: BTreeMap::new(),
            environments: BTreeMap::new(),
            blobs,
            space: SpaceNeed::default(),
        }
    }

    /// Has it fetch `blobs`, digests with sizes, to be kept as they are, and counts their room.
    pub fn keep_originals(&mut self, blobs: &BTreeMap<Digest, u64>) {
        self.blobs.wanted.extend(blobs);
        let bytes: u64 = blobs.values().sum();
        self.space.bytes = self.space.bytes.saturating_add(bytes);
        self.space.inodes = self.space.inodes.saturating_add(blobs.len() as u64);
    }

    /// The interpreters that come along.
    pub fn runtimes(&self) -> impl Iterator<Item = &RuntimeRelease> {
        self.trees.values().filter_map(|tree| match tree {
            TreeToUnpack::Runtime(release) => Some(release),
            _ => None,
        })
    }

    /// The bytes to fetch.
    pub fn download_bytes(&self) -> u64 {
        self.blobs.wanted.values().sum()
    }

    /// The Pythons that its environments use, each once.
    pub fn interpreters(&self) -> Vec<Interpreter> {
        let pythons = self.all_environments().filter_map(|environment| match environment {
            EnvironmentDescription::Python(python) => Some(&python.interpreter),
            _ => None,
        });
        distinct(pythons, |interpreter| &interpreter.executable)
    }

    /// The Node.js interpreters that its environments use, each once.
    pub fn nodes(&self) -> Vec<NodeInterpreter> {
        let nodes = self.all_environments().filter_map(|environment| match environment {
            EnvironmentDescription::Node(node) => Some(&node.interpreter),
            _ => None,
        });
        distinct(nodes, |interpreter| &interpreter.executable)
    }

    fn all_environments(&self) -> impl Iterator<Item = &EnvironmentDescription> {
        self.packs.iter().flat_map(|pack| pack.environments.values())
    }
}

/// The first of each with an equal key.
fn distinct<'a, T: Clone + 'a>(items: impl Iterator<Item = &'a T>, key: impl Fn(&T) -> &PathBuf) -> Vec<T> {
    let mut seen = BTreeSet::new();
    items.filter(|item| seen.insert(key(item).clone())).cloned().collect()
}

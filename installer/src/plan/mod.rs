//! Decides everything before the first byte is written: which releases, which interpreter, which
//! blobs, and how much room.

mod candidates;
mod error;
mod libraries;
mod python;
mod releases;
mod space;

use std::collections::{BTreeMap, BTreeSet};

use attune_registry::reader::VerifiedRelease;
use attune_registry::source::BlobPlan;
use attune_schemas::environment_lock::{Footprint, LockedWheel};
use attune_schemas::{Digest, PackRef};

pub use error::PlanError;
pub use libraries::{MissingLibrary, check_libraries};
pub use python::plan_python;
pub use releases::{BundleTargets, ChosenReleases, RegistryPolicy, choose_releases};
pub use space::{SpaceNeed, check_space};

use crate::generation::InstalledPack;
use crate::host::{HostRoot, StoreKind};
use crate::python::{Interpreter, Interpreters};
use crate::venv::LinkMode;

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
    /// Environments that the store lacks.
    pub environments: BTreeMap<Digest, PythonEnvironment>,
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
    /// Its Python environment, where it needs one.
    pub python: Option<PythonEnvironment>,
    /// The version that it replaces.
    pub replaces: Option<attune_schemas::Version>,
}

/// A Python environment, decided to the last wheel.
#[derive(Debug, Clone, PartialEq)]
pub struct PythonEnvironment {
    /// The digest under which the store keeps it.
    pub digest: Digest,
    /// The interpreter it is made for.
    pub interpreter: Interpreter,
    /// Its wheels, sorted by name.
    pub wheels: Vec<LockedWheel>,
    /// How files come into it.
    pub link_mode: LinkMode,
    /// Content of the marker file, where the pack has a dependency file.
    pub marker: Option<String>,
}

impl InstallPlan {
    /// Plans the installation of `chosen` on `root`.
    pub fn new(
        chosen: ChosenReleases,
        interpreters: &mut Interpreters,
        link_mode: LinkMode,
        root: &HostRoot,
    ) -> Result<Self, crate::InstallError> {
        let mut plan = Self {
            packs: Vec::new(),
            kept: chosen.kept,
            archives: BTreeMap::new(),
            wheels: BTreeMap::new(),
            environments: BTreeMap::new(),
            blobs: BlobPlan { wanted: BTreeMap::new(), allowed: chosen.allowed },
            space: SpaceNeed::default(),
        };
        for (pack, release, requested) in chosen.install {
            let python =
                plan_python(&pack, &release.config, chosen.made_for.as_ref(), interpreters, link_mode)?;
            plan.need_archive(&release, root);
            if let Some(environment) = &python {
                plan.need_environment(environment, root);
            }
            let replaces = chosen.replaced.get(&pack).cloned();
            plan.packs.push(PlannedPack { pack, release, requested, python, replaces });
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

    fn need_environment(&mut self, environment: &PythonEnvironment, root: &HostRoot) {
        if root.store(StoreKind::Envs, &environment.digest).is_dir() {
            return;
        }
        for wheel in &environment.wheels {
            if !root.store(StoreKind::Wheels, &wheel.digest).is_dir() {
                self.wheels.insert(wheel.digest, wheel.clone());
                self.blobs.wanted.insert(wheel.digest, wheel.size);
            }
        }
        self.environments.insert(environment.digest, environment.clone());
    }

    /// The bytes to fetch.
    pub fn download_bytes(&self) -> u64 {
        self.blobs.wanted.values().sum()
    }

    /// The interpreters that its environments use, each once.
    pub fn interpreters(&self) -> Vec<Interpreter> {
        let mut seen = BTreeSet::new();
        let environments = self.packs.iter().filter_map(|pack| pack.python.as_ref());
        let interpreters = environments.map(|environment| &environment.interpreter);
        interpreters.filter(|interpreter| seen.insert(interpreter.executable.clone())).cloned().collect()
    }
}

//! What of a plan the store lacks, and so must be fetched and unpacked.

use std::collections::BTreeSet;

use attune_host::environment::{EnvironmentDescription, NodeEnvironment};
use attune_host::root::{HostRoot, StoreKind};
use attune_registry::reader::VerifiedRelease;
use attune_schemas::Digest;
use attune_schemas::environment_lock::{BinLink, LockedNodePackage, LockedWheel};
use attune_schemas::runtime_index::RuntimeRelease;

use super::{InstallPlan, NeededNodePackage};

impl InstallPlan {
    pub(super) fn need_archive(&mut self, release: &VerifiedRelease, root: &HostRoot) {
        let layer = release.pack_layer();
        if !root.store(StoreKind::Packs, &layer.digest).is_dir() {
            self.archives.insert(layer.digest, release.config.unpacked);
            self.blobs.wanted.insert(layer.digest, layer.size);
        }
    }

    pub(super) fn need_environment(&mut self, environment: &EnvironmentDescription, root: &HostRoot) {
        let digest = environment.digest();
        if root.store(StoreKind::Envs, &digest).is_dir() {
            return;
        }
        match environment {
            EnvironmentDescription::Python(python) => {
                self.need_wheels(&python.wheels, |digest| !root.store(StoreKind::Wheels, digest).is_dir());
            }
            EnvironmentDescription::Node(node) => {
                self.need_node_packages(node, |digest| !root.store(StoreKind::Node, digest).is_dir());
            }
            EnvironmentDescription::Recipe(recipe) => {
                for blob in &recipe.vendored {
                    self.vendored.insert(blob.digest, blob.file_name());
                    self.blobs.wanted.insert(blob.digest, blob.size);
                }
            }
        }
        self.environments.insert(digest, environment.clone());
    }

    pub(super) fn need_runtime(&mut self, carried: Option<RuntimeRelease>, root: &HostRoot) {
        let Some(release) = carried else { return };
        let digest = release.archive.digest;
        if !root.store(StoreKind::Runtimes, &digest).is_dir() {
            self.blobs.wanted.insert(digest, release.archive.size);
            self.runtimes.insert(digest, release);
        }
    }

    pub(super) fn need_wheels(&mut self, wheels: &[LockedWheel], lacks: impl Fn(&Digest) -> bool) {
        for wheel in wheels {
            if lacks(&wheel.digest) {
                self.wheels.insert(wheel.digest, wheel.clone());
                self.blobs.wanted.insert(wheel.digest, wheel.size);
            }
        }
    }

    pub(super) fn need_node_packages(
        &mut self,
        environment: &NodeEnvironment,
        lacks: impl Fn(&Digest) -> bool,
    ) {
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
}

/// The files of `package` that `bins` link to, relative to it.
fn programs_of(package: &LockedNodePackage, bins: &[BinLink]) -> impl Iterator<Item = String> {
    let below = format!("{}/", package.path);
    bins.iter().filter_map(move |bin| bin.target.as_str().strip_prefix(&below).map(str::to_owned))
}

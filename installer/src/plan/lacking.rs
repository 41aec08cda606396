//! The trees of a plan that the store lacks, and that must be fetched and unpacked.

use std::collections::BTreeSet;

use attune_host::environment::{EnvironmentDescription, NodeEnvironment};
use attune_host::root::StoreKind;
use attune_host::verification::StoredTrees;
use attune_registry::reader::VerifiedRelease;
use attune_schemas::Digest;
use attune_schemas::environment_lock::{BinLink, LockedNodePackage, LockedWheel};
use attune_schemas::runtime_index::RuntimeRelease;

use super::{InstallPlan, NeededNodePackage, TreeToUnpack};

impl InstallPlan {
    pub(super) fn need_archive(&mut self, release: &VerifiedRelease, stored: &StoredTrees<'_>) {
        let layer = release.pack_layer();
        if stored.lacks(StoreKind::Packs, &layer.digest) {
            self.need(layer.digest, layer.size, TreeToUnpack::Pack { unpacked: release.config.unpacked });
        }
    }

    /// Notes an environment, and what it is made of: a directory that is linked into it must be whole as well.
    pub(super) fn need_environment(
        &mut self,
        environment: &EnvironmentDescription,
        stored: &StoredTrees<'_>,
    ) {
        let digest = environment.digest();
        let is_lacking = stored.lacks(StoreKind::Envs, &digest);
        match environment {
            EnvironmentDescription::Python(python) => {
                self.need_wheels(&python.wheels, |digest| stored.lacks(StoreKind::Wheels, digest));
            }
            EnvironmentDescription::Node(node) => {
                self.need_node_packages(node, |digest| stored.lacks(StoreKind::Node, digest));
            }
            EnvironmentDescription::Recipe(recipe) => {
                for blob in recipe.vendored.iter().filter(|_| is_lacking) {
                    self.vendored.insert(blob.digest, blob.file_name());
                    self.blobs.wanted.insert(blob.digest, blob.size);
                }
            }
        }
        if is_lacking {
            self.environments.insert(digest, environment.clone());
        }
    }

    pub(super) fn need_runtime(&mut self, carried: Option<RuntimeRelease>, stored: &StoredTrees<'_>) {
        let Some(release) = carried else { return };
        let digest = release.archive.digest;
        if stored.lacks(StoreKind::Runtimes, &digest) {
            self.need(digest, release.archive.size, TreeToUnpack::Runtime(release));
        }
    }

    pub(super) fn need_wheels(&mut self, wheels: &[LockedWheel], lacks: impl Fn(&Digest) -> bool) {
        for wheel in wheels {
            if lacks(&wheel.digest) {
                self.need(wheel.digest, wheel.size, TreeToUnpack::Wheel(wheel.clone()));
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
                self.need_node_package(package, programs_of(package, &environment.bins));
            }
            if let Some(overlay) = package.overlay.as_ref().filter(|overlay| lacks(&overlay.digest)) {
                let tree = TreeToUnpack::Overlay { unpacked: overlay.unpacked };
                self.need(overlay.digest, overlay.size, tree);
            }
        }
    }

    fn need_node_package(&mut self, package: &LockedNodePackage, programs: impl Iterator<Item = String>) {
        let key = (StoreKind::Node, package.digest);
        if !self.trees.contains_key(&key) {
            let needed = NeededNodePackage { package: package.clone(), programs: BTreeSet::new() };
            self.need(package.digest, package.size, TreeToUnpack::NodePackage(needed));
        }
        if let Some(TreeToUnpack::NodePackage(needed)) = self.trees.get_mut(&key) {
            needed.programs.extend(programs);
        }
    }

    /// Notes a tree whose blob the source lists.
    pub(crate) fn need_listed(&mut self, digest: Digest, tree: TreeToUnpack) {
        if let Some(size) = self.blobs.allowed.get(&digest).copied() {
            self.need(digest, size, tree);
        }
    }

    /// Notes the tree that the blob `digest` unpacks to.
    fn need(&mut self, digest: Digest, size: u64, tree: TreeToUnpack) {
        self.blobs.wanted.insert(digest, size);
        self.trees.insert((tree.kind(), digest), tree);
    }
}

/// The files of `package` that `bins` link to, relative to it.
fn programs_of(package: &LockedNodePackage, bins: &[BinLink]) -> impl Iterator<Item = String> {
    let below = format!("{}/", package.path);
    bins.iter().filter_map(move |bin| bin.target.as_str().strip_prefix(&below).map(str::to_owned))
}

//! What is damaged: environments, and the packages that they are made of.

use std::collections::BTreeSet;
use std::path::PathBuf;

use attune_host::environment::{EnvironmentDescription, InstalledEnvironment};
use attune_host::generation::Generation;
use attune_host::root::{HostRoot, StoreKind};
use attune_host::verification::{Finding, HostPart, StoredTrees, VerifyReport};
use attune_schemas::{Digest, PackRef};

/// A package that the store has no longer as it was unpacked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DamagedPackage {
    /// The part of the store.
    pub(super) kind: StoreKind,
    /// Its entry there.
    pub(super) digest: Digest,
    /// The package's name, for people.
    pub(super) name: String,
}

/// The environments that a verification found damaged.
pub(in crate::operations) struct DamagedEnvironments {
    /// Their paths.
    pub(in crate::operations) paths: Vec<PathBuf>,
}

impl DamagedEnvironments {
    /// Those of `active` by `report`.
    pub(in crate::operations) fn of(report: &VerifyReport, root: &HostRoot, active: &Generation) -> Self {
        let mut paths = Vec::new();
        for (pack, installed) in &active.packs {
            for (name, environment) in &installed.environments {
                let place =
                    root.generation(active.id).join("packenvs").join(pack.as_str()).join(name.as_str());
                let concerns = |finding: &Finding| match finding.tree {
                    Some(tree) => environment.store_entries().any(|used| used == tree),
                    None => finding.path.starts_with(&place) || is_of_interpreter(finding, environment, root),
                };
                if report.differences.iter().any(concerns) {
                    paths.push(name.path(root, pack));
                }
            }
        }
        Self { paths }
    }

    /// The paths of all environments that were looked at, each with whether it is whole.
    pub(in crate::operations) fn verified(
        &self,
        root: &HostRoot,
        active: &Generation,
        only: &[PackRef],
    ) -> Vec<(PathBuf, bool)> {
        let packs = active.packs.iter().filter(|(pack, _)| only.is_empty() || only.contains(pack));
        let paths = packs
            .flat_map(|(pack, installed)| installed.environments.keys().map(|name| name.path(root, pack)));
        paths.map(|path| (path.clone(), !self.paths.contains(&path))).collect()
    }
}

fn is_of_interpreter(finding: &Finding, environment: &InstalledEnvironment, root: &HostRoot) -> bool {
    let place = root.store(StoreKind::Envs, &environment.digest);
    finding.part == HostPart::Interpreter
        && (finding.path == environment.interpreter || finding.path.starts_with(place))
}

/// The packages of `environment` that the store has no longer as they were unpacked.
pub(super) fn damaged_packages(
    stored: &StoredTrees<'_>,
    environment: &EnvironmentDescription,
) -> BTreeSet<DamagedPackage> {
    let mut damaged = BTreeSet::new();
    let mut look_at = |kind, digest, name: String| {
        if stored.lacks(kind, &digest) {
            damaged.insert(DamagedPackage { kind, digest, name });
        }
    };
    match environment {
        EnvironmentDescription::Python(python) => {
            for wheel in &python.wheels {
                look_at(StoreKind::Wheels, wheel.digest, wheel.filename.clone());
            }
        }
        EnvironmentDescription::Node(node) => {
            for package in &node.packages {
                for (digest, _) in package.files() {
                    look_at(StoreKind::Node, digest, package.filename());
                }
            }
        }
        EnvironmentDescription::Recipe(_) => {}
    }
    damaged
}

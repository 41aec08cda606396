//! The lock file of the generation that an install makes.

use std::collections::BTreeMap;

use attune_host::environment::EnvironmentDescription;
use attune_host::generation::{GENERATION_FORMAT, Generation, InstalledPack, ListDigests, TestSummary};
use attune_host::machine::{Interpreter, NodeInterpreter};
use attune_host::root::{HostRoot, StoreKind};
use attune_schemas::component::count_by_directory;
use attune_schemas::pack_test_result::PackTestResult;
use attune_schemas::tuf::RegistryName;
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;

use crate::plan::{InstallPlan, PlannedPack};

/// The generation that an install makes.
pub(super) struct NextGeneration<'a> {
    /// Its number.
    pub(super) id: u64,
    /// The registries that its new packs come from.
    pub(super) registries: &'a BTreeMap<PackRef, RegistryName>,
    /// The root that it is of.
    pub(super) root: &'a HostRoot,
}

/// The lock file of the generation that `plan` makes after `active`.
pub(super) fn next_generation(
    plan: &InstallPlan,
    active: &Generation,
    making: &NextGeneration<'_>,
    tests: &[PackTestResult],
    now: Timestamp,
) -> Generation {
    let mut packs = plan.kept.clone();
    for planned in &plan.packs {
        packs.insert(planned.pack.clone(), installed_pack(planned, making, tests, now));
    }
    let mut interpreters = plan.interpreters();
    let is_new = |known: &&Interpreter| interpreters.iter().all(|other| other.executable != known.executable);
    let known: Vec<Interpreter> = active.interpreters.iter().filter(is_new).cloned().collect();
    interpreters.extend(known);
    let mut nodes = plan.nodes();
    let is_new = |known: &&NodeInterpreter| nodes.iter().all(|other| other.executable != known.executable);
    let known: Vec<NodeInterpreter> = active.nodes.iter().filter(is_new).cloned().collect();
    nodes.extend(known);
    let &NextGeneration { id, root, .. } = making;
    // What stays on a root that was moved goes on carrying the old path.
    let path = if plan.kept.is_empty() { root.path() } else { &active.root };
    let mut next = Generation {
        format: GENERATION_FORMAT.to_owned(),
        id,
        created_at: now,
        root: path.to_owned(),
        restored_from: None,
        packs,
        interpreters,
        nodes,
        lists: ListDigests::default(),
        files: BTreeMap::new(),
    };
    next.forget_unused_interpreters();
    next
}

fn installed_pack(
    planned: &PlannedPack,
    &NextGeneration { registries, root, .. }: &NextGeneration<'_>,
    tests: &[PackTestResult],
    now: Timestamp,
) -> InstalledPack {
    let config = &planned.release.config;
    let environments = planned.environments.iter();
    let tree = root.store(StoreKind::Packs, &planned.release.pack_layer().digest);
    InstalledPack {
        version: config.pack.version.clone(),
        manifest: planned.release.manifest_digest,
        pack: planned.release.pack_layer().digest,
        registry: registries[&planned.pack].to_string(),
        requested: planned.requested,
        dependencies: config.pack.dependencies.clone(),
        installed_at: Some(now),
        size: release_size(planned),
        tests: tests.iter().find(|result| result.pack_ref == planned.pack.as_str()).map(TestSummary::from),
        contents: count_by_directory(&config.components),
        failed_environments: planned.failed_environments.clone(),
        environments: environments
            .map(|(name, environment)| (name.clone(), environment.installed(root).of_pack(&tree)))
            .collect(),
    }
}

/// The bytes of the blobs of a release that this host needs: its archive, wheels and packages, each once.
fn release_size(planned: &PlannedPack) -> u64 {
    let environments = planned.environments.values();
    let blobs: BTreeMap<Digest, u64> = environments.flat_map(EnvironmentDescription::blobs).collect();
    planned.release.pack_layer().size + blobs.values().sum::<u64>()
}

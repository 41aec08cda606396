//! Makes what is installed again what was installed: everything that a verification finds.
//!
//! ```text
//! in place      foreign files go, modes and links of trees are put right
//! kept files    descriptions and releases come from their copies, or from another generation
//! the store     trees that are not whole are unpacked again from a source, and exchanged
//! originals     those that are kept and not whole are kept again from a source
//! environments  those that are not whole, or carry another root's path, are built again
//! the host      links, rows and the root's path come with a new generation of the same packs
//! ```
//!
//! What cannot be mended is left as it is and told. Nothing is believed but what the active generation names.

mod in_place;
mod kept_files;
mod originals;
mod report;
mod store;

use std::collections::BTreeSet;
use std::path::PathBuf;

use attune_host::database::{EnvironmentUpdate, environment_metadata, record_verified};
use attune_host::environment::EnvironmentDescription;
use attune_host::generation::{Generation, InstalledGeneration};
use attune_host::root::{HostRoot, StoreKind};
use attune_host::transaction::HeldRoot;
use attune_host::verification::{
    Finding, HostPart, StoredTrees, VerifyDepth, VerifyOptions, VerifyReport, require_installed, verify,
};
use attune_host::{Change, Prepared, Rows};
use attune_registry::report::{NewTask, Reporter};
use attune_schemas::{Digest, PackRef};

use super::rebuild::{DamagedEnvironments, RebuildError, RebuildOptions, Task, build_task, tasks};
use in_place::mend_trees;
use kept_files::{is_kept_file, restore_kept_files};
use originals::keep_again;
pub use report::RepairReport;
use report::{mended_at_once, report};
use store::{lost_trees, unpack_again};

/// How everything is made whole again, and of which packs.
#[derive(Debug, Clone)]
pub struct RepairOptions {
    /// The packs; all if none are named; all if there are none.
    pub packs: Vec<PackRef>,
    /// Restore only environments.
    pub only_environments: bool,
    /// Where trees come from that are not whole, where interpreters are looked for, and the like.
    pub build: RebuildOptions,
}

/// Repairs what is active on `root`.
///
/// # Errors
/// Nothing is installed, the root cannot be changed now, or a step failed; what could not be mended for want of a
/// source is in the report.
pub fn repair(
    root: &HostRoot,
    options: &RepairOptions,
    reporter: &dyn Reporter,
) -> Result<RepairReport, RebuildError> {
    let io = |source| root.failed(source);
    require_installed(root)?;
    if options.build.change.dry_run {
        let found = verify(root, &options.verification(), reporter)?;
        let (root, generation) = (root.path().to_owned(), found.generation);
        return Ok(RepairReport {
            dry_run: true,
            root,
            generation,
            mended: Vec::new(),
            left: found.differences,
        });
    }
    let (mut held, at_once) = HeldRoot::acquire_to_repair(root, &options.build.change.access(reporter))?;
    let mended_at_once = mended_at_once(root, &at_once);
    let found = verify(root, &options.verification(), reporter)?;
    let active = Generation::active(root).map_err(io)?;
    if found.is_whole() {
        held.keep();
        remember(root, &active, &found, options)?;
        return Ok(report(root, mended_at_once, &found, found.clone()));
    }
    let moved = active.was_moved_to(root);
    mend_trees(&found.differences);
    let kept_is_whole = restore_kept_files(root, &active).map_err(io)?;
    let stored = StoredTrees::new(root, &active).reading_all();
    let lost = lost_trees(&active, &found, &stored);
    let to_build = environments_to_build(root, &active, &found, &lost, kept_is_whole);

    let mut prepared = Prepared::begin(root, held.take_created(), options.build.change.durability)?;
    let staging = &mut prepared.trees;
    for (kind, digest, list) in stored.whole() {
        staging.take_over(kind, digest, list);
    }
    staging.create_part(StoreKind::Envs).map_err(io)?;
    let lost = lost.into_iter().filter(|(kind, _)| *kind != StoreKind::Envs).collect();
    let lost: BTreeSet<(StoreKind, Digest)> = lost;
    let mut still_lost = lost.clone();
    if kept_is_whole {
        still_lost = unpack_again(root, &active, lost.clone(), (staging, options, reporter))?;
        keep_again(root, &active, (&found, !lost.is_empty()), (staging, options, reporter))?;
    }
    let mut built: Vec<Task> = Vec::new();
    for task in tasks(root, &active, Some(&to_build), &options.build)? {
        let needed = task.environment.installed(root);
        // Steps run in their pack.
        let pack = active.packs.get(&task.pack).map(|pack| (StoreKind::Packs, pack.pack));
        if needed.store_entries().chain(pack).any(|tree| still_lost.contains(&tree)) {
            continue;
        }
        let digest = task.environment.digest();
        if built.iter().all(|known| known.environment.digest() != digest) {
            let name = format!("building {} for {}", task.runtime, task.pack);
            let shown = reporter.task(NewTask::new(&name));
            build_task(&task, root, staging, &options.build)?;
            drop(shown);
            options.build.change.interrupt.check()?;
        }
        built.push(task);
    }
    let is_there = |digest: &Digest| {
        root.store(StoreKind::Envs, digest).is_dir() || built.iter().any(|task| task.old == *digest)
    };
    let mut environments = active.packs.values().flat_map(|pack| pack.environments.values());
    // Without its environments there would be nothing for its links to lead to.
    let can_renew = environments.all(|environment| is_there(&environment.digest));
    let is_of_generation =
        |finding: &Finding| of_generation(finding) && !is_kept_file(root, &active, finding);
    let is_due = moved
        || found.differences.iter().any(is_of_generation)
        || built.iter().any(|task| task.environment.digest() != task.old);
    let renews = can_renew && is_due;
    if !can_renew {
        built.retain(|task| task.environment.digest() == task.old);
    }
    commit(root, &active, &built, (renews, kept_is_whole), prepared, options)?;
    let left = verify(root, &options.verification(), reporter)?;
    remember(root, &Generation::active(root).map_err(io)?, &left, options)?;
    Ok(report(root, mended_at_once, &found, left))
}

impl RepairOptions {
    fn verification(&self) -> VerifyOptions {
        VerifyOptions {
            packs: self.packs.clone(),
            only_environments: self.only_environments,
            interrupt: self.build.change.interrupt.clone(),
            depth: VerifyDepth::Full,
        }
    }
}

/// Whether a difference goes with a new generation.
const fn of_generation(finding: &Finding) -> bool {
    matches!(finding.part, HostPart::Links | HostPart::Generation | HostPart::Database | HostPart::Root)
}

/// The paths of the environments to build again.
fn environments_to_build(
    root: &HostRoot,
    active: &Generation,
    found: &VerifyReport,
    lost: &BTreeSet<(StoreKind, Digest)>,
    kept_is_whole: bool,
) -> Vec<PathBuf> {
    if !kept_is_whole {
        // The descriptions that they are built from may be among what is damaged.
        return Vec::new();
    }
    let damaged = DamagedEnvironments::of(found, root, active).paths;
    let mut paths = Vec::new();
    for (pack, installed) in &active.packs {
        for (name, environment) in &installed.environments {
            let path = name.path(root, pack);
            let is_lost = lost.contains(&(StoreKind::Envs, environment.digest));
            if is_lost || active.was_moved_to(root) || damaged.contains(&path) {
                paths.push(path);
            }
        }
    }
    paths
}

/// Commits what was built, and a new generation of the same packs where `renews` says so; its rows are written anew if
/// everything that they come from is whole.
fn commit(
    root: &HostRoot,
    active: &Generation,
    built: &[Task],
    (renews, kept_is_whole): (bool, bool),
    prepared: Prepared<'_>,
    options: &RepairOptions,
) -> Result<(), RebuildError> {
    let io = |source| root.failed(source);
    let mut generation = active.clone();
    for task in built {
        let installed = task.environment.installed(root);
        generation.set_environment(&task.pack, &task.runtime, installed, &task.environment);
    }
    // Rows come from no file that is damaged.
    let kept = if renews && kept_is_whole {
        InstalledGeneration::load(root, active.clone()).map_err(io)?
    } else {
        None
    };
    if renews {
        generation.id = prepared.id();
        generation.created_at = options.build.change.now;
        root.path().clone_into(&mut generation.root);
    }
    let mut kept = kept.map(|kept| InstalledGeneration { generation: generation.clone(), ..kept });
    if let Some(kept) = &mut kept {
        for task in built {
            kept.descriptions.insert(task.environment.digest(), task.environment.clone());
        }
    }
    let updates: Vec<EnvironmentUpdate> = built
        .iter()
        .map(|task| EnvironmentUpdate {
            path: task.runtime.path(root, &task.pack),
            metadata: environment_metadata(&task.environment),
        })
        .collect();
    let packs = kept.as_ref().and_then(InstalledGeneration::registered_packs);
    let change = Change {
        from: active,
        to: &generation,
        descriptions: &built.iter().map(|task| &task.environment).collect::<Vec<&EnvironmentDescription>>(),
        releases: &std::collections::BTreeMap::new(),
        files_of: active,
        rows: match &packs {
            Some(packs) => Rows::All(packs),
            None => Rows::Environments(&updates),
        },
        operation: &options.build.change.operation,
        prepared,
        now: options.build.change.now,
    };
    Ok(change.commit(&mut |_| options.build.change.interrupt.check())?)
}

/// Writes down which environments were found whole.
fn remember(
    root: &HostRoot,
    active: &Generation,
    found: &VerifyReport,
    options: &RepairOptions,
) -> Result<(), RebuildError> {
    let environments = DamagedEnvironments::of(found, root, active).verified(root, active, &options.packs);
    record_verified(root, &environments, options.build.change.now)?;
    Ok(())
}

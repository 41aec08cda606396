//! Brings packs back from a backup: one generation with them, as they were.
//!
//! A tree that the store still has as it was is used where it is; the others come from the backup. An environment whose
//! interpreter is gone or was replaced, or that carries another root's path, is built again from what came back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use attune_host::database::PackSettings;
use attune_host::environment::EnvironmentDescription;
use attune_host::generation::{
    Generation, InstalledGeneration, InstalledPack, PackDifference, pack_differences,
};
use attune_host::inventory::installed;
use attune_host::local::{LocalSigner, STAGED_LOCAL, SignedRelease};
use attune_host::preferences::HostPolicy;
use attune_host::root::{HostRoot, StoreKind};
use attune_host::store::{Backup, BackupError, BackupStatement};
use attune_host::transaction::{HeldRoot, Staging};
use attune_host::verification::StoredTrees;
use attune_host::{Change, ChangeError, Prepared, Rows};
use attune_registry::report::{NewTask, Report, Reporter};
use attune_schemas::{Digest, PackRef};
use schemars::JsonSchema;
use serde::Serialize;

use super::error::LifecycleError;
use crate::operations::rebuild::{Task, build_task, rebuilt, tasks_described};
use crate::operations::{ChangeOptions, RebuildOptions, RebuiltEnvironment};

/// What comes back, and how.
#[derive(Debug, Clone)]
pub struct RestoreOptions {
    /// The backup.
    pub file: PathBuf,
    /// Its packs that come back; all if none are named.
    pub packs: Vec<PackRef>,
    /// Where interpreters are looked for, and the options of every change.
    pub build: RebuildOptions,
}

/// The report of a restoration.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestoreReport {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// The installation root.
    pub root: PathBuf,
    /// The backup.
    pub backup: PathBuf,
    /// When it was made.
    pub made_at: String,
    /// The active generation; after a dry run, or where nothing came back, the one that was active before.
    pub generation: u64,
    /// The packs that came back.
    pub packs: Vec<PackDifference>,
    /// Packs of the backup that were installed already, in the same release.
    pub unchanged: Vec<PackRef>,
    /// The number of trees that the store lacked and that were unpacked.
    pub unpacked: usize,
    /// The bytes of their files, each file once.
    pub unpacked_bytes: u64,
    /// The environments that were built again, for an interpreter that is another now.
    pub rebuilt: Vec<RebuiltEnvironment>,
}

impl Report for RestoreReport {
    const FORMAT: &'static str = "attune-install.restore/v1";
}

/// A tree of the store.
type Tree = (StoreKind, Digest);

/// Brings packs back to `root` from a backup that this host made.
///
/// # Errors
/// The backup is none of this host's or damaged, a pack that they need is not there, or the root cannot be changed; then
/// it is as it was.
pub fn restore(
    root: &HostRoot,
    options: &RestoreOptions,
    reporter: &dyn Reporter,
) -> Result<RestoreReport, LifecycleError> {
    let change = &options.build.change;
    root.require_there()?;
    let mut held = change.hold(root, reporter)?;
    let active = held.as_mut().and_then(HeldRoot::take_active);
    let active = active.map_or_else(|| installed(root), Ok)?;
    let backup = Backup::open(root, &options.file)?;
    let mut kept = backup.installed(&options.packs)?;
    let unchanged = leave_out_installed(&active, &mut kept)?;
    require_dependencies(&active, &kept.generation)?;
    let tasks = environments_to_build(root, &kept, &options.build)?;
    let built: BTreeSet<Digest> = tasks.iter().map(|task| task.old).collect();
    let stored = StoredTrees::new(root, &kept.generation);
    let stored = if change.dry_run { stored.writing_nothing() } else { stored };
    stored.look_at(&kept.generation.packs.values().collect::<Vec<_>>());
    let used: BTreeSet<Tree> = kept.generation.store_entries().collect();
    let is_built = |(kind, digest): &Tree| *kind == StoreKind::Envs && built.contains(digest);
    let lacking: BTreeSet<Tree> =
        used.into_iter().filter(|tree| !is_built(tree) && stored.lacks(tree.0, &tree.1)).collect();
    let mut report = RestoreReport {
        dry_run: change.dry_run,
        root: root.path().to_owned(),
        backup: std::path::absolute(&options.file).unwrap_or_else(|_| options.file.clone()),
        made_at: backup.statement.created_at.to_string(),
        generation: active.id,
        packs: pack_differences(&active, &with(&active, &kept.generation)),
        unchanged,
        unpacked: lacking.len(),
        unpacked_bytes: backup.bytes_of(&lacking),
        rebuilt: rebuilt(&tasks),
    };
    let is_empty = kept.generation.packs.is_empty();
    let Some(held) = held.as_mut().filter(|_| !is_empty) else {
        held.iter_mut().for_each(HeldRoot::keep);
        return Ok(report);
    };
    let mut prepared = Prepared::begin(root, held.take_created(), change.durability)?;
    let statement = backup.statement.clone();
    let signed = signed_here(root, &kept.generation, &statement, change);
    backup.unpack((&lacking, &signed), (root, &prepared.trees), (&change.interrupt, reporter))?;
    if !signed.is_empty() {
        let staged = prepared.trees.directory().join(STAGED_LOCAL);
        LocalSigner::begin(root, &staged, change.now)
            .and_then(|signer| signer.sign_again(&signed))
            .map_err(BackupError::from)?;
    }
    put_in_place(root, &mut prepared.trees, &lacking, &kept)?;
    for (kind, digest, list) in stored.whole() {
        prepared.trees.take_over(kind, digest, list);
    }
    build_again(root, &mut prepared.trees, &tasks, (&options.build, reporter))?;
    let mut to = Generation {
        id: prepared.id(),
        created_at: change.now,
        restored_from: None,
        ..with(&active, &kept.generation)
    };
    for task in &tasks {
        let installed = task.environment.installed(root);
        for generation in [&mut to, &mut kept.generation] {
            generation.set_environment(&task.pack, &task.runtime, installed.clone(), &task.environment);
        }
        kept.descriptions.insert(task.environment.digest(), task.environment.clone());
    }
    to.forget_unused_interpreters();
    report.generation = to.id;
    commit(root, (&active, &to, &kept), &statement, prepared, options)?;
    Ok(report)
}

/// The releases of the packs of `coming` that the host signed, and that its registry has no longer.
fn signed_here(
    root: &HostRoot,
    coming: &Generation,
    statement: &BackupStatement,
    change: &ChangeOptions,
) -> BTreeMap<PackRef, SignedRelease> {
    if statement.signed_here.is_empty() {
        return BTreeMap::new();
    }
    let own = LocalSigner::open(root, change.now).ok();
    let is_there = |pack: &PackRef, installed: &InstalledPack| {
        let signed = own.as_ref().and_then(|own| own.signed(pack, &installed.manifest).ok());
        signed.flatten().is_some()
    };
    let signed = statement
        .signed_here
        .iter()
        .filter(|(pack, _)| coming.packs.get(*pack).is_some_and(|installed| !is_there(pack, installed)));
    signed.map(|(pack, release)| (pack.clone(), release.clone())).collect()
}

/// Commits `to`, with the rules that the host had for the packs that come back: those of packs that are not installed
/// say nothing, so they come first.
fn commit(
    root: &HostRoot,
    (active, to, kept): (&Generation, &Generation, &InstalledGeneration),
    statement: &BackupStatement,
    prepared: Prepared<'_>,
    options: &RestoreOptions,
) -> Result<(), LifecycleError> {
    let change = &options.build.change;
    let io = |source| root.failed(source);
    let comes_back = |pack: &PackRef| kept.generation.packs.contains_key(pack);
    let before = HostPolicy::load(root).map_err(io)?;
    let mut rules = before.clone();
    rules.held.extend(statement.held.iter().filter(|pack| comes_back(pack)).cloned());
    let pinned = statement.pinned.iter().filter(|(pack, _)| comes_back(pack));
    rules.pinned.extend(pinned.map(|(pack, requirement)| (pack.clone(), requirement.clone())));
    if rules != before {
        rules.save(root).map_err(io)?;
    }
    let settings = statement.settings.iter().filter(|(pack, _)| comes_back(pack));
    let settings: PackSettings = settings.map(|(pack, config)| (pack.clone(), config.clone())).collect();
    let packs = kept.registered_packs().expect("a backup has the release and the descriptions of each pack");
    let committed = Change {
        from: active,
        to,
        descriptions: &kept.descriptions.values().collect::<Vec<&EnvironmentDescription>>(),
        releases: &kept.releases,
        files_of: active,
        rows: Rows::Restored { packs: &packs, settings: &settings },
        operation: &change.operation,
        prepared,
        now: change.now,
    }
    .commit(&mut |_| change.interrupt.check());
    if committed.as_ref().is_err_and(|error| !matches!(error, ChangeError::Unfinished(_))) && rules != before
    {
        before.save(root).map_err(io)?;
    }
    Ok(committed?)
}

/// Takes those packs out of `kept` that are installed in the same release, and returns them.
fn leave_out_installed(
    active: &Generation,
    kept: &mut InstalledGeneration,
) -> Result<Vec<PackRef>, BackupError> {
    let mut unchanged = Vec::new();
    for (pack, coming) in &kept.generation.packs {
        match active.packs.get(pack) {
            None => {}
            Some(there) if there.manifest == coming.manifest => unchanged.push(pack.clone()),
            Some(there) => {
                let (installed, version) = (there.version.clone(), coming.version.clone());
                return Err(BackupError::Installed { pack: pack.clone(), installed, version });
            }
        }
    }
    kept.generation.packs.retain(|pack, _| !unchanged.contains(pack));
    kept.releases.retain(|pack, _| !unchanged.contains(pack));
    let environments = kept.generation.packs.values().flat_map(|pack| pack.environments.values());
    let used: BTreeSet<Digest> = environments.map(|environment| environment.digest).collect();
    kept.descriptions.retain(|digest, _| used.contains(digest));
    Ok(unchanged)
}

/// Refuses packs that need one that is neither installed nor comes back with them.
fn require_dependencies(active: &Generation, coming: &Generation) -> Result<(), LifecycleError> {
    for (pack, installed) in &coming.packs {
        for (needs, requirement) in &installed.dependencies {
            let there = coming.packs.get(needs).or_else(|| active.packs.get(needs));
            if !there.is_some_and(|there| requirement.matches(&there.version)) {
                return Err(LifecycleError::Lacks {
                    pack: pack.clone(),
                    needs: needs.clone(),
                    requirement: requirement.clone(),
                    there: there.map(|there| there.version.clone()),
                });
            }
        }
    }
    Ok(())
}

/// `active` with the packs of `coming`, their interpreters and the lists of their trees.
fn with(active: &Generation, coming: &Generation) -> Generation {
    let mut together = active.clone();
    together.packs.extend(coming.packs.clone());
    for interpreter in &coming.interpreters {
        if together.interpreters.iter().all(|known| known.executable != interpreter.executable) {
            together.interpreters.push(interpreter.clone());
        }
    }
    for node in &coming.nodes {
        if together.nodes.iter().all(|known| known.executable != node.executable) {
            together.nodes.push(node.clone());
        }
    }
    let lists = coming.lists.iter().chain(active.lists.iter());
    together.lists = lists.map(|(kind, digest, list)| ((kind, digest), list)).collect();
    together
}

/// The environments that cannot be used as they were.
fn environments_to_build(
    root: &HostRoot,
    kept: &InstalledGeneration,
    options: &RebuildOptions,
) -> Result<Vec<Task>, LifecycleError> {
    let moved = kept.generation.was_moved_to(root);
    let mut paths = Vec::new();
    for (pack, installed) in &kept.generation.packs {
        let outdated = installed.environments.iter().filter(|(_, known)| moved || !known.is_current());
        paths.extend(outdated.map(|(name, _)| name.path(root, pack)));
    }
    let described = |digest: &Digest| Ok(kept.descriptions.get(digest).cloned());
    Ok(tasks_described(root, &kept.generation, Some(&paths), &described, options)?)
}

/// Moves what was unpacked into the store.
fn put_in_place(
    root: &HostRoot,
    staging: &mut Staging,
    trees: &BTreeSet<Tree>,
    kept: &InstalledGeneration,
) -> Result<(), LifecycleError> {
    for description in kept.descriptions.values().filter(|known| known.owner().is_some()) {
        staging.leave_open(description.digest());
    }
    Ok(staging.promote(trees.iter().copied()).map_err(|source| root.failed(source))?)
}

fn build_again(
    root: &HostRoot,
    staging: &mut Staging,
    tasks: &[Task],
    (options, reporter): (&RebuildOptions, &dyn Reporter),
) -> Result<(), LifecycleError> {
    if tasks.is_empty() {
        return Ok(());
    }
    staging.create_part(StoreKind::Envs).map_err(|source| root.failed(source))?;
    let mut built = BTreeSet::new();
    for task in tasks.iter().filter(|task| built.insert(task.environment.digest())) {
        let name = format!("building {} for {}", task.runtime, task.pack);
        let shown = reporter.task(NewTask::new(&name));
        build_task(task, root, staging, options)?;
        drop(shown);
        options.change.interrupt.check()?;
    }
    Ok(())
}

//! Makes the packs of an earlier generation active again, in a generation of their own: history only grows.
//!
//! Nothing is fetched and nothing is built, and of packs nothing runs but migrations; the store has every tree of a generation that is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use attune_host::generation::{
    Generation, InstalledGeneration, PackChange, PackDifference, pack_differences,
};
use attune_host::inventory::installed;
use attune_host::process::CallerEnvironment;
use attune_host::root::HostRoot;
use attune_host::transaction::HeldRoot;
use attune_host::verification::StoredTrees;
use attune_host::{Change, Prepared, Rows};
use attune_registry::report::{Report, Reporter};
use attune_schemas::PackRef;
use attune_schemas::problem::WarningCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::LifecycleError;
use super::migrated::Migrated;
use super::target::target;
use crate::migrations::{MigrationPolicy, MigrationReport, TakingBack};
use crate::operations::ChangeOptions;

/// How far back, and how.
#[derive(Debug, Clone)]
pub struct RollbackOptions {
    /// The generation; the one before if none is named.
    pub generation: Option<u64>,
    /// Whether migrations run.
    pub migrations: MigrationPolicy,
    /// The caller's environment.
    pub caller: CallerEnvironment,
    /// This program, for migrations without a network.
    pub helper: Option<PathBuf>,
    /// The options of every change.
    pub change: ChangeOptions,
}

/// The report of a rollback.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RollbackReport {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// The installation root.
    pub root: PathBuf,
    /// The active generation; after a dry run, or where nothing differs, the one that was active before.
    pub generation: u64,
    /// The generation that was active before.
    pub previous: u64,
    /// The generation whose packs are active again.
    pub restored_from: u64,
    /// The packs that changed.
    pub packs: Vec<PackDifference>,
    /// The migrations of packs whose versions changed, in the order in which they ran, or would.
    pub migrations: Vec<MigrationReport>,
}

impl Report for RollbackReport {
    const FORMAT: &'static str = "attune-install.rollback/v1";
}

/// Goes back to an earlier generation of `root`.
///
/// # Errors
/// There is none, it is damaged, or the root cannot be changed; then it is as it was.
pub fn rollback(
    root: &HostRoot,
    options: &RollbackOptions,
    reporter: &dyn Reporter,
) -> Result<RollbackReport, LifecycleError> {
    root.require_there()?;
    let mut held = options.change.hold(root, reporter)?;
    let active = held.as_mut().and_then(HeldRoot::take_active);
    let active = active.map_or_else(|| installed(root), Ok)?;
    let target = target(root, &active, options.generation)?;
    let packs = pack_differences(&active, &target);
    let mut report = RollbackReport {
        dry_run: options.change.dry_run,
        root: root.path().to_owned(),
        generation: active.id,
        previous: active.id,
        restored_from: target.id,
        packs,
        migrations: Vec::new(),
    };
    let changed: BTreeSet<&PackRef> = report.packs.iter().map(|difference| &difference.pack).collect();
    require_whole(root, &target, &changed)?;
    warn_of_interpreters(&target, &changed, reporter);
    let unchanged = changed.is_empty() && active.packs == target.packs;
    if unchanged {
        return Ok(report);
    }
    let damaged = |reason: String| LifecycleError::DamagedGeneration { id: target.id, reason };
    let kept = InstalledGeneration::load_packs(root, &target, &changed)
        .map_err(|error| damaged(error.to_string()))?;
    let kept = kept.ok_or_else(|| damaged("an earlier program kept too little of it".to_owned()))?;
    let migrated = Migrated::load(root, (&active, &target), options)?;
    let packs = migrated.packs(&kept);
    let Some(held) = held.as_mut() else {
        report.migrations = migrated.planned(&packs);
        return Ok(report);
    };
    let prepared = Prepared::begin(root, held.take_created(), options.change.durability)?;
    report.generation = prepared.id();
    let taking_back = TakingBack::default();
    let going = Going { active: &active, target: &target, kept: &kept, differences: &report.packs };
    let result = going.go(prepared, options, &mut |prepared| {
        Ok(migrated.run(&packs, &mut prepared.trees, (&taking_back, reporter))?)
    });
    if result.is_err() {
        taking_back.tell(reporter);
    }
    report.migrations = result?;
    Ok(report)
}

/// The way from the active generation to another.
struct Going<'a> {
    active: &'a Generation,
    target: &'a Generation,
    kept: &'a InstalledGeneration,
    differences: &'a [PackDifference],
}

/// The migrations of a change that has begun.
type Migrate<'a> = dyn FnMut(&mut Prepared<'_>) -> Result<Vec<MigrationReport>, LifecycleError> + 'a;

impl Going<'_> {
    /// Has `migrate` run the migrations, and commits the change.
    fn go(
        &self,
        mut prepared: Prepared<'_>,
        options: &RollbackOptions,
        migrate: &mut Migrate<'_>,
    ) -> Result<Vec<MigrationReport>, LifecycleError> {
        let target = self.target;
        let lacking =
            || LifecycleError::DamagedGeneration { id: target.id, reason: "it lacks a release".to_owned() };
        let registered = self.kept.registered_packs().ok_or_else(lacking)?;
        let is_removed = |difference: &&PackDifference| difference.change == PackChange::Removed;
        let gone = self.differences.iter().filter(is_removed);
        let gone: Vec<PackRef> = gone.map(|gone| gone.pack.clone()).collect();
        let to = Generation {
            id: prepared.id(),
            created_at: options.change.now,
            restored_from: Some(target.restored_from.unwrap_or(target.id)),
            files: BTreeMap::new(),
            ..target.clone()
        };
        let migrations = migrate(&mut prepared)?;
        let operation = options.change.operation.clone().with_migrations(migrations.clone());
        let change = Change {
            from: self.active,
            to: &to,
            descriptions: &[],
            releases: &BTreeMap::new(),
            files_of: target,
            rows: Rows::Packs { packs: &registered, gone: &gone, tests: &[] },
            operation: &operation,
            prepared,
            now: options.change.now,
        };
        change.commit(&mut |_| options.change.interrupt.check())?;
        Ok(migrations)
    }
}

/// Refuses a generation of which the store has not every tree of `packs` as it was installed.
fn require_whole(
    root: &HostRoot,
    target: &Generation,
    packs: &BTreeSet<&PackRef>,
) -> Result<(), LifecycleError> {
    let stored = StoredTrees::new(root, target);
    let of_packs: Vec<_> = target.packs.iter().filter(|(pack, _)| packs.contains(pack)).collect();
    stored.look_at(&of_packs.iter().map(|(_, installed)| *installed).collect::<Vec<_>>());
    let is_damaged = |installed: &attune_host::generation::InstalledPack| {
        installed.store_entries().any(|(kind, digest)| stored.lacks(kind, &digest))
    };
    let damaged = of_packs.into_iter().filter(|(_, installed)| is_damaged(installed));
    let damaged: Vec<PackRef> = damaged.map(|(pack, _)| pack.clone()).collect();
    if damaged.is_empty() {
        Ok(())
    } else {
        Err(LifecycleError::DamagedPacks { id: target.id, packs: damaged })
    }
}

/// Tells of environments whose interpreters are gone or others by now: they come back, and do not run.
fn warn_of_interpreters(target: &Generation, packs: &BTreeSet<&PackRef>, reporter: &dyn Reporter) {
    for (pack, installed) in target.packs.iter().filter(|(pack, _)| packs.contains(pack)) {
        if !installed.environments_are_current() {
            let message = format!(
                "an environment of {pack} was made for an interpreter that is gone or was replaced; build it again with \
                 `attune-install env rebuild {pack}`"
            );
            reporter.warning(WarningCode::InterpreterReplaced, &message);
        }
    }
}

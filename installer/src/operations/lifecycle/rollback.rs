//! Makes the packs of an earlier generation active again, in a generation of their own: history only grows.
//!
//! Nothing is fetched and nothing is built; the store has every tree of a generation that is there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use attune_host::generation::{
    Generation, InstalledGeneration, PackChange, PackDifference, pack_differences,
};
use attune_host::inventory::installed;
use attune_host::root::HostRoot;
use attune_host::verification::StoredTrees;
use attune_host::{Change, Prepared, Rows};
use attune_registry::report::{Report, Reporter};
use attune_schemas::PackRef;
use attune_schemas::problem::WarningCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::LifecycleError;
use super::target::target;
use crate::operations::ChangeOptions;

/// How far back, and how.
#[derive(Debug, Clone)]
pub struct RollbackOptions {
    /// The generation; the one before if none is named.
    pub generation: Option<u64>,
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
    let active = installed(root)?;
    let target = target(root, &active, options.generation)?;
    let packs = pack_differences(&active, &target);
    let mut report = RollbackReport {
        dry_run: options.change.dry_run,
        root: root.path().to_owned(),
        generation: active.id,
        previous: active.id,
        restored_from: target.id,
        packs,
    };
    let changed: BTreeSet<&PackRef> = report.packs.iter().map(|difference| &difference.pack).collect();
    require_whole(root, &target, &changed)?;
    warn_of_interpreters(&target, &changed, reporter);
    let unchanged = changed.is_empty() && active.packs == target.packs;
    let Some(held) = held.as_mut().filter(|_| !unchanged) else { return Ok(report) };

    let damaged = |reason: String| LifecycleError::DamagedGeneration { id: target.id, reason };
    let kept = InstalledGeneration::load_packs(root, &target, &changed)
        .map_err(|error| damaged(error.to_string()))?;
    let kept = kept.ok_or_else(|| damaged("an earlier program kept too little of it".to_owned()))?;
    let registered = kept.registered_packs().ok_or_else(|| damaged("it lacks a release".to_owned()))?;
    let is_removed = |difference: &&PackDifference| difference.change == PackChange::Removed;
    let gone: Vec<PackRef> = report.packs.iter().filter(is_removed).map(|gone| gone.pack.clone()).collect();

    let prepared = Prepared::begin(root, held.take_created(), options.change.durability)?;
    let to = Generation {
        id: prepared.id(),
        created_at: options.change.now,
        restored_from: Some(target.restored_from.unwrap_or(target.id)),
        files: BTreeMap::new(),
        ..target.clone()
    };
    report.generation = to.id;
    let change = Change {
        from: &active,
        to: &to,
        descriptions: &[],
        releases: &BTreeMap::new(),
        files_of: target.id,
        rows: Rows::Packs { packs: &registered, gone: &gone, tests: &[] },
        operation: &options.change.operation,
        prepared,
        now: options.change.now,
    };
    change.commit(&mut |_| options.change.interrupt.check())?;
    Ok(report)
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

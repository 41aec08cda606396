//! Removes packs: a generation without them, and no rows of theirs.
//!
//! What only they used stays in the store until `gc`, so that a rollback brings them back at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use attune_host::database::{made_on_host, references_to};
use attune_host::generation::{Generation, InstalledPack, PackDifference, pack_differences};
use attune_host::inventory::{DependencyGraph, Direction, installed};
use attune_host::root::HostRoot;
use attune_host::store::{BackedUp, Overwrite};
use attune_host::transaction::HeldRoot;
use attune_host::{Change, ChangeError, Prepared, Rows};
use attune_registry::report::{Report, Reporter};
use attune_schemas::PackRef;
use attune_schemas::problem::WarningCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::backup::PackBackup;
use super::error::LifecycleError;
use super::users::users;
use crate::operations::ChangeOptions;

/// The packs to remove.
#[derive(Debug, Clone)]
pub struct UninstallOptions {
    /// The packs.
    pub packs: Vec<PackRef>,
    /// Whether every other pack goes as well.
    pub all: bool,
    /// Whether packs that depend on them go as well.
    pub cascade: bool,
    /// Whether dependencies that no pack needs any more go as well.
    pub unused: bool,
    /// The backup of what goes.
    pub backup: Option<BackupOptions>,
    /// The options of every change.
    pub change: ChangeOptions,
}

/// Where a backup is written.
#[derive(Debug, Clone)]
pub struct BackupOptions {
    /// The file.
    pub path: PathBuf,
    /// The treatment of a file that is there already.
    pub overwrite: Overwrite,
}

/// The report of a removal.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UninstallReport {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// The installation root.
    pub root: PathBuf,
    /// The active generation; after a dry run the one that was active before.
    pub generation: u64,
    /// The packs that were removed, or would be.
    pub packs: Vec<PackDifference>,
    /// Components that were made on this host and go with their packs, such as `rule weather.mine`.
    pub made_on_host: Vec<String>,
    /// Dependencies that no pack needs any more, and that stay.
    pub unused: Vec<PackRef>,
    /// The backup that was written, or would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackedUp>,
}

impl Report for UninstallReport {
    const FORMAT: &'static str = "attune-install.uninstall/v1";
}

/// Removes packs from `root`.
///
/// # Errors
/// Packs that stay need them, or the root cannot be changed; then it is as it was.
pub fn uninstall(
    root: &HostRoot,
    options: &UninstallOptions,
    reporter: &dyn Reporter,
) -> Result<UninstallReport, LifecycleError> {
    root.require_there()?;
    let mut held = options.change.hold(root, reporter)?;
    let active = held.as_mut().and_then(HeldRoot::take_active);
    let active = active.map_or_else(|| installed(root), Ok)?;
    let gone = going(root, &active, options)?;
    let users = users(root, &active, &gone)?;
    if !users.is_empty() {
        return Err(LifecycleError::InUse { packs: gone.into_iter().collect(), users });
    }
    let left = Generation { packs: without(&active, &gone), ..active.clone() };
    let backup = options.backup.as_ref().filter(|_| !gone.is_empty());
    let backup = backup.map(|asked| PackBackup::of(root, &active, &gone, asked, options)).transpose()?;
    let gone: Vec<PackRef> = gone.into_iter().collect();
    let mut report = UninstallReport {
        dry_run: options.change.dry_run,
        root: root.path().to_owned(),
        generation: active.id,
        packs: pack_differences(&active, &left),
        made_on_host: made_on_host(root, &gone)?,
        unused: left_over(&left).into_iter().collect(),
        backup: None,
    };
    for component in &report.made_on_host {
        let message = format!("{component} was made on this host, and goes with its pack");
        reporter.warning(WarningCode::MadeOnHost, &message);
    }
    let Some(held) = held.as_mut().filter(|_| !gone.is_empty()) else {
        report.backup = backup.map(|backup| backup.looked_at(reporter)).transpose()?;
        return Ok(report);
    };
    let prepared = Prepared::begin(root, held.take_created(), options.change.durability)?;
    report.backup = backup.as_ref().map(|backup| backup.write(root, &prepared, reporter)).transpose()?;
    let mut to =
        Generation { id: prepared.id(), created_at: options.change.now, restored_from: None, ..left };
    to.forget_unused_interpreters();
    report.generation = to.id;
    let change = Change {
        from: &active,
        to: &to,
        descriptions: &[],
        releases: &BTreeMap::new(),
        files_of: &active,
        rows: Rows::Packs { packs: &[], gone: &gone, tests: &[] },
        operation: &options.change.operation,
        prepared,
        now: options.change.now,
    };
    let committed = change.commit(&mut |_| options.change.interrupt.check());
    if let (Err(error), Some(backup)) = (&committed, &backup)
        && !matches!(error, ChangeError::Unfinished(_))
    {
        backup.take_back();
    }
    committed?;
    Ok(report)
}

/// All the packs that go.
fn going(
    root: &HostRoot,
    active: &Generation,
    options: &UninstallOptions,
) -> Result<BTreeSet<PackRef>, LifecycleError> {
    let mut gone = BTreeSet::new();
    if options.all {
        gone.extend(active.packs.keys().cloned());
    }
    for pack in &options.packs {
        active.installed_pack(pack)?;
        gone.insert(pack.clone());
    }
    if options.cascade {
        gone = cascade(root, active, gone)?;
    }
    if options.unused {
        gone.extend(left_over(&Generation { packs: without(active, &gone), ..active.clone() }));
    }
    Ok(gone)
}

/// The packs of `generation` that nobody asked for and that none of its packs needs.
fn left_over(generation: &Generation) -> BTreeSet<PackRef> {
    let needed = DependencyGraph::of(generation).needed();
    generation.packs.keys().filter(|pack| !needed.contains(pack)).cloned().collect()
}

/// `gone`, and every pack that needs one of them, by its dependencies or by its components.
fn cascade(
    root: &HostRoot,
    active: &Generation,
    mut gone: BTreeSet<PackRef>,
) -> Result<BTreeSet<PackRef>, LifecycleError> {
    let graph = DependencyGraph::of(active);
    loop {
        gone = graph.reached(&gone, Direction::Dependents).into_iter().cloned().collect();
        let packs: Vec<PackRef> = gone.iter().cloned().collect();
        let users = references_to(root, &packs)?.into_iter().filter_map(|found| found.pack.parse().ok());
        let new: Vec<PackRef> =
            users.filter(|pack| active.packs.contains_key(pack) && !gone.contains(pack)).collect();
        if new.is_empty() {
            return Ok(gone);
        }
        gone.extend(new);
    }
}

fn without(active: &Generation, gone: &BTreeSet<PackRef>) -> BTreeMap<PackRef, InstalledPack> {
    let kept = active.packs.iter().filter(|(pack, _)| !gone.contains(*pack));
    kept.map(|(pack, installed)| (pack.clone(), installed.clone())).collect()
}

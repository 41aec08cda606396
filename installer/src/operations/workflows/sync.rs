//! Brings the rows of workflows in step with the files of their packs.

use std::collections::BTreeMap;

use attune_host::database::{SyncOptions, WorkflowSync, workflow_ids, workflow_sync};
use attune_host::generation::Generation;
use attune_host::inventory::installed;
use attune_host::root::HostRoot;
use attune_host::{Change, ChangeError, Prepared, Rows};
use attune_registry::report::Reporter;
use attune_schemas::PackRef;

use super::error::WorkflowError;
use super::report::{SyncedPackReport, WorkflowSyncReport};
use crate::operations::ChangeOptions;

/// Which workflows are brought in step, and how.
#[derive(Debug, Clone)]
pub struct WorkflowSyncOptions {
    /// Those of these packs; of all if none are named.
    pub packs: Vec<PackRef>,
    /// How.
    pub sync: SyncOptions,
    /// The options of every change.
    pub change: ChangeOptions,
}

/// Reads the files of workflows again and brings their rows in step, in one change. Nothing is changed where a file has
/// errors, unless those are to be passed over; the report says so.
///
/// # Errors
/// Nothing is installed, or the root cannot be changed now.
pub fn sync_workflows(
    root: &HostRoot,
    options: &WorkflowSyncOptions,
    reporter: &dyn Reporter,
) -> Result<WorkflowSyncReport, WorkflowError> {
    installed(root)?;
    let held = options.change.hold(root, reporter)?;
    let active = installed(root)?;
    for pack in &options.packs {
        active.installed_pack(pack)?;
    }
    let is_wanted = |pack: &&PackRef| options.packs.is_empty() || options.packs.contains(pack);
    let packs: Vec<&PackRef> = active.packs.keys().filter(is_wanted).collect();
    let sync = workflow_sync(root, &active, &packs, options.sync)?;
    let changed = !sync.is_in_step() && !sync.is_refused();
    let Some(mut held) = held else { return Ok(report(root, &active, sync, changed, options)) };
    if !changed {
        held.keep();
        return Ok(report(root, &active, sync, changed, options));
    }
    options.change.interrupt.check()?;
    let prepared = Prepared::begin(root, held.take_created(), options.change.durability)?;
    let change = Change {
        from: &active,
        to: &active,
        descriptions: &[],
        releases: &BTreeMap::new(),
        files_of: &active,
        rows: Rows::Workflows(&sync),
        operation: &options.change.operation,
        prepared,
        now: options.change.now,
    };
    change.commit(&mut |_| options.change.interrupt.check())?;
    let mut report = report(root, &active, sync, changed, options);
    let ids = workflow_ids(root).map_err(ChangeError::from)?;
    for workflow in report.packs.iter_mut().flat_map(|pack| &mut pack.workflows) {
        workflow.workflow_def_id = ids.get(&workflow.reference).copied();
    }
    Ok(report)
}

fn report(
    root: &HostRoot,
    active: &Generation,
    sync: WorkflowSync,
    changed: bool,
    options: &WorkflowSyncOptions,
) -> WorkflowSyncReport {
    WorkflowSyncReport {
        dry_run: options.change.dry_run,
        root: root.path().to_owned(),
        generation: active.id,
        changed,
        packs: sync.packs.into_iter().map(SyncedPackReport::from).collect(),
    }
}

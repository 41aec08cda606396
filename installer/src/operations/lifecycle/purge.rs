//! Removes a root altogether, but for the log of its operations.

use std::path::PathBuf;

use attune_host::generation::{Generation, PackDifference, pack_differences};
use attune_host::root::HostRoot;
use attune_host::store::{ProcessesSeen, purge_root};
use attune_registry::report::{Report, Reporter};
use attune_schemas::problem::WarningCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::LifecycleError;
use crate::operations::ChangeOptions;

/// How a root is removed.
#[derive(Debug, Clone)]
pub struct PurgeOptions {
    /// The options of every change.
    pub change: ChangeOptions,
}

/// The report of the removal of a root.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PurgeReport {
    /// Whether nothing was removed, only told.
    pub dry_run: bool,
    /// The installation root.
    pub root: PathBuf,
    /// The packs that were installed; none where that cannot be read any more.
    pub packs: Vec<PackDifference>,
    /// The generations that were there.
    pub generations: Vec<u64>,
    /// Bytes that are free now.
    pub freed_bytes: u64,
    /// Whether an earlier removal was cut off, and this one went on with it.
    pub resumed: bool,
    /// Files in the root that no installer made, and that stay.
    pub left: Vec<PathBuf>,
    /// How far processes could be looked at.
    pub processes: ProcessesSeen,
}

impl Report for PurgeReport {
    const FORMAT: &'static str = "attune-install.purge/v1";
}

/// Removes everything from `root` but the log of its operations.
///
/// # Errors
/// Processes use it, or it cannot be changed. Once something was removed, another removal goes on with it.
pub fn purge(
    root: &HostRoot,
    options: &PurgeOptions,
    reporter: &dyn Reporter,
) -> Result<PurgeReport, LifecycleError> {
    let resumed = root.is_half_purged();
    if !resumed {
        root.require_there()?;
    }
    let packs = Generation::active(root).map(|active| pack_differences(&active, &Generation::empty()));
    let generations = root.generation_ids().map_err(|source| root.failed(source))?;
    let access = options.change.access(reporter);
    let purged = purge_root(root, (!options.change.dry_run).then_some(&access))?;
    for path in &purged.left {
        let message = format!("`{}` is none of the installer's, and stays", path.display());
        reporter.warning(WarningCode::ForeignFileStays, &message);
    }
    Ok(PurgeReport {
        dry_run: options.change.dry_run,
        root: root.path().to_owned(),
        packs: packs.unwrap_or_default(),
        generations,
        freed_bytes: purged.freed_bytes,
        resumed,
        left: purged.left,
        processes: purged.processes,
    })
}

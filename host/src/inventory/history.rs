//! The history of a root: what changed it, when, and by whom.

use std::path::PathBuf;

use attune_registry::report::Report;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::operation_log::{FailedOperation, LogDepth, Logged, SettingsChange};
use super::{InventoryError, LastOperation};
use crate::database::{RecordedOperation, operations};
use crate::generation::PackDifference;
use crate::process::{MigrationReport, OperationKind};
use crate::root::HostRoot;

/// The history of a root.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// The installation root.
    pub root: PathBuf,
    /// The active generation; absent where nothing is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// The operations that changed what is installed, the newest first.
    pub operations: Vec<PastOperation>,
    /// The operations that changed the host's own rules, its registries or whom it trusts, the newest first.
    pub settings: Vec<SettingsChange>,
    /// The operations that failed and changed nothing, the newest first.
    pub failed: Vec<FailedOperation>,
}

impl Report for History {
    const FORMAT: &'static str = "attune-install.history/v1";
}

/// An operation that changed a root.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PastOperation {
    /// The generation that was active afterwards.
    pub generation: u64,
    /// The generation that was active before, 0 if there was none; the same where no new one was made.
    pub previous: u64,
    /// Its kind; absent where a later program wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<OperationKind>,
    /// When it began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Who asked for it.
    pub user: String,
    /// The command line, without secrets.
    pub command: String,
    /// The registries that packs came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The options by which checks were left out.
    pub forced: Vec<String>,
    /// The packs that it changed.
    pub packs: Vec<PackDifference>,
    /// The migrations of packs that ran with it, or were left out, in their order.
    pub migrations: Vec<MigrationReport>,
    /// Whether the generation is still there, so that a rollback can lead to it.
    pub kept: bool,
}

/// The history of `root`; reads only.
///
/// # Errors
/// There is no root, or its database cannot be read.
pub fn history(root: &HostRoot) -> Result<History, InventoryError> {
    read(root, LogDepth::All)
}

/// The operation on packs that ended last on `root`, if one is recorded; reads only.
///
/// # Errors
/// As [`history`].
pub fn last_operation(root: &HostRoot) -> Result<Option<LastOperation>, InventoryError> {
    Ok(read(root, LogDepth::Newest)?.last_operation())
}

fn read(root: &HostRoot, depth: LogDepth) -> Result<History, InventoryError> {
    root.require_there()?;
    let failed = |source| root.failed(source);
    let kept = root.generation_ids().map_err(failed)?;
    let mut operations: Vec<PastOperation> =
        operations(root)?.into_iter().map(|recorded| past(recorded, &kept)).collect();
    operations.reverse();
    let generation = root.active_generation().map_err(failed)?;
    let Logged { failed, settings, .. } = Logged::read(root, depth).map_err(failed)?;
    Ok(History { root: root.path().to_owned(), generation, operations, settings, failed })
}

fn past(recorded: RecordedOperation, kept: &[u64]) -> PastOperation {
    PastOperation {
        generation: recorded.generation,
        previous: recorded.previous,
        kind: recorded.kind,
        started_at: recorded.started_at,
        duration_ms: recorded.duration_ms,
        user: recorded.user,
        command: recorded.command,
        source: recorded.source,
        forced: recorded.forced,
        packs: recorded.packs,
        migrations: recorded.migrations,
        kept: kept.contains(&recorded.generation),
    }
}

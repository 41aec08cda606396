//! The history of a root: what changed it, when, and by whom.

use std::path::PathBuf;

use attune_registry::report::Report;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::InventoryError;
use super::operation_log::{FailedOperation, failures};
use crate::database::{RecordedOperation, operations};
use crate::generation::PackDifference;
use crate::process::OperationKind;
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
    /// Its operations, the newest first.
    pub operations: Vec<PastOperation>,
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
    /// Whether the generation is still there, so that a rollback can lead to it.
    pub kept: bool,
}

/// The history of `root`; reads only.
///
/// # Errors
/// There is no root, or its database cannot be read.
pub fn history(root: &HostRoot) -> Result<History, InventoryError> {
    root.require_there()?;
    let failed = |source| root.failed(source);
    let kept = root.generation_ids().map_err(failed)?;
    let recorded = operations(root)?;
    let is_changing = root.is_changing().map_err(failed)?;
    let generation = root.active_generation().map_err(failed)?;
    // Rows come right before the link: until that moves, what it leads to is what is told.
    let is_ahead = |recorded: &RecordedOperation| {
        is_changing && generation.is_none_or(|active| recorded.generation > active)
    };
    let mut operations: Vec<PastOperation> = recorded
        .into_iter()
        .filter(|recorded| !is_ahead(recorded))
        .map(|recorded| past(recorded, &kept))
        .collect();
    operations.reverse();
    let mut failures = failures(root).map_err(failed)?;
    failures.reverse();
    Ok(History { root: root.path().to_owned(), generation, operations, failed: failures })
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
        kept: kept.contains(&recorded.generation),
    }
}

//! The outcome of a removal, or of asking for one.

use attune_registry::report::Report;
use attune_schemas::Digest;
use schemars::JsonSchema;
use serde::Serialize;

use crate::root::StoreKind;

/// The removed generations and trees, or those that would be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GcReport {
    /// Whether nothing was removed, only told.
    pub dry_run: bool,
    /// The generations that stay.
    pub kept: Vec<u64>,
    /// The generations that went.
    pub generations: Vec<u64>,
    /// The entries of the store that went.
    pub entries: Vec<RemovedEntry>,
    /// The number of files of originals that went.
    pub originals: usize,
    /// Bytes that are free now; what others still link to is not.
    pub freed_bytes: u64,
    /// The processes for which something stays that would go otherwise.
    pub in_use: Vec<UsingProcess>,
    /// How far processes could be looked at; absent where there was nothing to remove.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<ProcessesSeen>,
    /// Whether a change is at work or was cut off, whose trees are not counted.
    pub unfinished: bool,
}

impl Report for GcReport {
    const FORMAT: &'static str = "attune-install.gc/v1";
}

/// An entry of the store that went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RemovedEntry {
    /// `packs`, `wheels`, `node`, `runtimes` or `envs`.
    pub kind: StoreKind,
    /// Its digest.
    pub digest: Digest,
}

/// A process for which something stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsingProcess {
    /// Its number.
    pub pid: u32,
    /// The name of its program.
    pub command: String,
    /// The generations that stay for it.
    pub generations: Vec<u64>,
    /// The entries of the store that stay for it.
    pub entries: Vec<RemovedEntry>,
}

/// How far processes could be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProcessesSeen {
    /// Whether processes can be seen here: `/proc` is there, and shows those of others.
    pub visible: bool,
    /// The number of processes that may not be looked into.
    pub unreadable: usize,
}

//! The status of a host.

use std::path::{Path, PathBuf};

use attune_host::inventory::LastOperation;
use attune_registry::report::Report;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::trust::TrustExpiry;

/// The status of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusReport {
    /// The installation root.
    pub root: PathBuf,
    /// Whether nothing needs attention.
    pub ok: bool,
    /// When it was looked at.
    #[schemars(with = "String")]
    pub checked_at: Timestamp,
    /// Everything that needs attention.
    pub concerns: Vec<Concern>,
    /// The active generation; absent where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// The number of installed packs.
    pub packs: usize,
    /// How long each trusted registry's metadata is accepted.
    pub trust: Vec<TrustExpiry>,
    /// The number of differences that a quick look found.
    pub differences: usize,
    /// A change of the root that has not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeUnderWay>,
    /// The operation that ended last; absent where none is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_operation: Option<LastOperation>,
}

impl Report for StatusReport {
    const FORMAT: &'static str = "attune-install.status/v1";
}

/// A change that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeUnderWay {
    /// A process is at work.
    Running,
    /// It was cut off; the next change undoes or completes it.
    Unfinished,
}

/// Something that needs attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Concern {
    /// Its kind.
    pub kind: ConcernKind,
    /// The fact.
    pub message: String,
}

/// The kind of a concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConcernKind {
    /// What was seen of a registry is not accepted any more.
    TrustExpired,
    /// The trust in a registry cannot be read.
    TrustUnreadable,
    /// Something is not as it was installed.
    Differences,
    /// The last operation failed.
    OperationFailed,
    /// A change was cut off.
    ChangeUnfinished,
}

impl StatusReport {
    pub(super) fn new(root: &Path, now: Timestamp) -> Self {
        Self {
            root: root.to_owned(),
            ok: true,
            checked_at: now,
            concerns: Vec::new(),
            generation: None,
            packs: 0,
            trust: Vec::new(),
            differences: 0,
            change: None,
            last_operation: None,
        }
    }

    pub(super) fn concern(&mut self, kind: ConcernKind, message: String) {
        self.ok = false;
        self.concerns.push(Concern { kind, message });
    }
}

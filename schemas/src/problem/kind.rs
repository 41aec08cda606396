//! The kinds of failure that all programs tell apart.

use serde::{Deserialize, Serialize};

/// The kind of a failure, independent of the interface that reports it: a command line turns it into an exit
/// code, an HTTP API into a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// Anything else: a full disk, a root that cannot be written.
    Failed,
    /// The request makes no sense.
    Usage,
    /// Not trusted, or damaged.
    Untrusted,
    /// No set of releases satisfies the request.
    Unresolvable,
    /// An environment or its interpreter.
    Environment,
    /// A pack's own tests.
    Tests,
    /// The registration of packs.
    Registration,
    /// Another process holds the root or the registry.
    Busy,
    /// A signal asked to stop.
    Interrupted,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Failed,
        Self::Usage,
        Self::Untrusted,
        Self::Unresolvable,
        Self::Environment,
        Self::Tests,
        Self::Registration,
        Self::Busy,
        Self::Interrupted,
    ];
}

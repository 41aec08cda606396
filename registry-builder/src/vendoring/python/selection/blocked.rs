//! Who keeps a target from being served, and why.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::vendoring::python::lock::{BuildProblem, UnsupportedSource};

/// Who keeps a target from being served, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Blocked {
    /// The package to blame; absent where it is the pack or its lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The package's version, where the lock says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Why.
    #[serde(flatten)]
    pub reason: BlockReason,
}

/// Why a target cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum BlockReason {
    /// No published wheel fits.
    NoWheel {
        /// Tags of the wheels that come closest: platforms where only those do not fit, else Pythons.
        available: Vec<String>,
        /// Whether there is a source to build one from.
        has_source: bool,
    },
    /// The Python is outside what is required.
    RequiresPython {
        /// The requirement.
        requires: String,
    },
    /// The lock was not made for this Python.
    NotResolved {
        /// The Pythons it was made for.
        requires: String,
    },
    /// The lock was not made for this machine.
    NotInEnvironments,
    /// The package comes from a source that is not a published wheel.
    UnsupportedSource {
        /// The source.
        source: UnsupportedSource,
    },
    /// A wheel would have to be built from source, and could not.
    NotBuilt {
        /// Why.
        problem: BuildProblem,
    },
    /// Several entries of the lock claim the package.
    Ambiguous,
    /// Whether the package is part of the environment depends on more than the target.
    UnknownMarker {
        /// The marker.
        marker: String,
    },
    /// No published file has a digest that the requirements allow.
    NotPinned,
}

impl Blocked {
    /// Whether a build was tried and failed.
    pub(crate) const fn is_failed_build(&self) -> bool {
        matches!(self.reason, BlockReason::NotBuilt { problem: BuildProblem::Failed { .. } })
    }

    /// Whether a pinned hash rules its files out.
    pub(crate) const fn is_not_pinned(&self) -> bool {
        let is_source = matches!(self.reason, BlockReason::NotBuilt { problem: BuildProblem::NotPinned });
        is_source || matches!(self.reason, BlockReason::NotPinned)
    }

    /// Whether a build was forbidden.
    pub(crate) const fn is_forbidden_build(&self) -> bool {
        matches!(self.reason, BlockReason::NotBuilt { problem: BuildProblem::Forbidden })
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.package, &self.version) {
            (Some(package), Some(version)) => write!(f, "`{package}` {version} {}", self.reason),
            (Some(package), None) => write!(f, "`{package}` {}", self.reason),
            (None, _) => match self.reason {
                BlockReason::RequiresPython { .. } => write!(f, "the pack {}", self.reason),
                _ => write!(f, "the lock {}", self.reason),
            },
        }
    }
}

impl fmt::Display for BlockReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWheel { available, has_source: true } if available.is_empty() => {
                f.write_str("is published as source only")
            }
            Self::NoWheel { available, .. } if available.is_empty() => f.write_str("has no wheel at all"),
            Self::NoWheel { available, has_source } => {
                write!(f, "has no wheel that fits, only for {}", available.join(", "))?;
                f.write_str(if *has_source { ", and as source" } else { "" })
            }
            Self::RequiresPython { requires } => write!(f, "requires python {requires}"),
            Self::NotResolved { requires } => write!(f, "is made for python {requires}"),
            Self::NotInEnvironments => f.write_str("is made for other machines"),
            Self::UnsupportedSource { source } => write!(f, "comes from {}", source.describe()),
            Self::NotBuilt { problem } => write!(f, "{problem}"),
            Self::Ambiguous => f.write_str("is listed more than once for this target"),
            Self::UnknownMarker { marker } => {
                write!(f, "is required where `{marker}`, which no lock can tell")
            }
            Self::NotPinned => f.write_str("has no published file with the pinned hash"),
        }
    }
}

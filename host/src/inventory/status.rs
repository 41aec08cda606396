//! The status of environments: the database's, and that of their interpreters now.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::database::{DatabaseError, RecordedEnvironment, environments};
use crate::environment::InstalledEnvironment;
use crate::root::{HostRoot, StoreKind};

/// The state of an environment, in Attune's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentStatus {
    /// To be made.
    Pending,
    /// Being made.
    Installing,
    /// There.
    Ready,
    /// It could not be made.
    Failed,
    /// Damaged, or made for an interpreter that is gone or another now.
    Outdated,
}

impl EnvironmentStatus {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Installing => "installing",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Outdated => "outdated",
        }
    }

    /// How it is judged: `v_pack_environment_status.health_status`.
    pub const fn health(self) -> &'static str {
        match self {
            Self::Ready => "healthy",
            Self::Failed => "unhealthy",
            Self::Pending | Self::Installing => "provisioning",
            Self::Outdated => "needs_update",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "ready" => Self::Ready,
            "failed" => Self::Failed,
            "installing" => Self::Installing,
            "outdated" => Self::Outdated,
            _ => Self::Pending,
        }
    }
}

/// The rows of the database, by the environment's path; none where there is no database.
pub(super) fn recorded(root: &HostRoot) -> Result<BTreeMap<PathBuf, RecordedEnvironment>, DatabaseError> {
    environments(root)
}

/// The state of an environment of the active generation.
pub(super) fn status_of(
    environment: &InstalledEnvironment,
    row: Option<&RecordedEnvironment>,
    root: &HostRoot,
) -> EnvironmentStatus {
    let recorded = row.map_or(EnvironmentStatus::Ready, |row| EnvironmentStatus::parse(&row.status));
    let is_there = root.store(StoreKind::Envs, &environment.digest).is_dir();
    if recorded == EnvironmentStatus::Ready && !(is_there && environment.is_current()) {
        return EnvironmentStatus::Outdated;
    }
    recorded
}

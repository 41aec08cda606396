//! The normalised form of one migration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::entry_path::EntryPath;
use crate::requirement::Requirement;
use crate::version::Version;

/// A script that brings the data of a pack to the form of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Migration {
    /// The versions whose data it takes; a prerelease counts like any other version.
    pub from: Requirement,
    /// The version whose form the data has afterwards.
    pub to: Version,
    /// The script, below the pack.
    pub script: EntryPath,
    /// The script that leads back; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<EntryPath>,
    /// Limit of each script in seconds; 300 if the file states none.
    pub timeout_seconds: u64,
    /// Whether its scripts may use the network.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub network: bool,
}

impl Migration {
    /// Its scripts, the one that leads on first.
    pub fn scripts(&self) -> impl Iterator<Item = &EntryPath> {
        std::iter::once(&self.script).chain(&self.down)
    }
}

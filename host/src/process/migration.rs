//! The migrations of a change, as reports and records tell them.

use std::time::Duration;

use attune_schemas::pack_test_result::{NetworkAccess, milliseconds};
use attune_schemas::{EntryPath, PackRef, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The direction of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationDirection {
    /// To a newer version.
    Up,
    /// To an older version.
    Down,
}

impl MigrationDirection {
    /// Its name, as scripts are told it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// Whether a migration ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationState {
    /// It would run; nothing was changed.
    Planned,
    /// It ran.
    Done,
    /// It was left out, as the command line asked.
    Skipped,
    /// It has no script for this direction: nothing runs, and the data stays as it is.
    NoScript,
}

/// A migration of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MigrationReport {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// The direction.
    pub direction: MigrationDirection,
    /// The version whose form the data has before it.
    pub from: Version,
    /// The version whose form the data has after it.
    pub to: Version,
    /// The script, below the pack; absent if there is none for this direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<EntryPath>,
    /// Whether it ran.
    pub state: MigrationState,
    /// Whether its pack asks for the network for it.
    pub wants_network: bool,
    /// Whether it could reach a network; absent if it did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkAccess>,
    /// How long it ran, in milliseconds; absent if it did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Its exit code, 0 in every change that was made; absent if it did not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

impl MigrationReport {
    /// The same, after it ran and succeeded.
    pub fn done(&mut self, network: NetworkAccess, duration: Duration) {
        self.state = MigrationState::Done;
        self.network = Some(network);
        self.duration_ms = Some(milliseconds(duration));
        self.exit_code = Some(0);
    }
}

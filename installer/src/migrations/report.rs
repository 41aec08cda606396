//! The migrations of a change, as reports tell them.

use std::fmt;

use attune_schemas::pack_test_result::{NetworkAccess, milliseconds};
use attune_schemas::{EntryPath, PackRef, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::way::Step;

/// The direction of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MigrationDirection {
    /// To a newer version.
    Up,
    /// To an older version.
    Down,
}

impl MigrationDirection {
    /// Its name, as scripts are told it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// Whether a migration ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
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
}

impl MigrationReport {
    /// The report of `step` of `pack`; with a script it is in `state`.
    pub(super) fn of(pack: &PackRef, step: &Step<'_>, state: MigrationState) -> Self {
        let script = script_of(step);
        Self {
            pack: pack.clone(),
            direction: step.direction,
            from: step.from.clone(),
            to: step.to.clone(),
            script: script.cloned(),
            state: if script.is_some() { state } else { MigrationState::NoScript },
            wants_network: step.migration.network,
            network: None,
            duration_ms: None,
        }
    }

    /// The same, after it ran.
    pub(super) fn done(&mut self, network: NetworkAccess, duration: std::time::Duration) {
        self.state = MigrationState::Done;
        self.network = Some(network);
        self.duration_ms = Some(milliseconds(duration));
    }
}

/// The script of `step`, if it has one.
pub(super) fn script_of<'a>(step: &Step<'a>) -> Option<&'a EntryPath> {
    match step.direction {
        MigrationDirection::Up => Some(&step.migration.script),
        MigrationDirection::Down => step.migration.down.as_ref(),
    }
}

/// A migration in words: `the migration of pack x from 1.0.0 to 1.1.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationName {
    /// The pack.
    pub pack: PackRef,
    /// The version before it.
    pub from: Version,
    /// The version after it.
    pub to: Version,
}

impl fmt::Display for MigrationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pack, from, to } = self;
        write!(f, "the migration of pack `{pack}` from {from} to {to}")
    }
}

//! The migrations of a change, as reports tell them.

use std::fmt;

use attune_host::process::{MigrationDirection, MigrationReport, MigrationState};
use attune_schemas::{EntryPath, PackRef, Version};

use super::way::Step;

/// The report of `step` of `pack`; with a script it is in `state`.
pub(super) fn report_of(pack: &PackRef, step: &Step<'_>, state: MigrationState) -> MigrationReport {
    let script = script_of(step);
    MigrationReport {
        pack: pack.clone(),
        direction: step.direction,
        from: step.from.clone(),
        to: step.to.clone(),
        script: script.cloned(),
        state: if script.is_some() { state } else { MigrationState::NoScript },
        wants_network: step.migration.network,
        network: None,
        duration_ms: None,
        exit_code: None,
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

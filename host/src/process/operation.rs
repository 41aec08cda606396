//! An operation that changes a host: what was asked for, by whom, and when.

use std::time::Instant;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::migration::MigrationReport;

/// The kind of an operation: the command that people give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OperationKind {
    /// Packs were installed from a source.
    Install,
    /// Installed packs were replaced by newer releases.
    Upgrade,
    /// Packs were removed.
    Uninstall,
    /// The packs of an earlier generation became active again.
    Rollback,
    /// Packs came back from a backup.
    Restore,
    /// Environments were built again.
    Rebuild,
    /// Differences from what was installed were mended.
    Repair,
    /// Rows of workflows were brought in step with their files.
    WorkflowSync,
    /// Packs were held at their versions.
    Hold,
    /// Packs that were held may change again.
    Unhold,
    /// A pack was pinned to a range of versions.
    Pin,
    /// Packs may leave the ranges that they were pinned to.
    Unpin,
    /// A registry was trusted, or the policy of a trusted one changed.
    TrustAdd,
    /// A registry is trusted no longer.
    TrustRemove,
    /// The versions seen of a registry were forgotten.
    TrustReset,
    /// A registry was made known, or given another place.
    RegistryAdd,
    /// A registry is known no longer.
    RegistryRemove,
    /// The registries were put in another order.
    RegistryOrder,
}

impl OperationKind {
    /// Every kind.
    pub const ALL: [Self; 18] = [
        Self::Install,
        Self::Upgrade,
        Self::Uninstall,
        Self::Rollback,
        Self::Restore,
        Self::Rebuild,
        Self::Repair,
        Self::WorkflowSync,
        Self::Hold,
        Self::Unhold,
        Self::Pin,
        Self::Unpin,
        Self::TrustAdd,
        Self::TrustRemove,
        Self::TrustReset,
        Self::RegistryAdd,
        Self::RegistryRemove,
        Self::RegistryOrder,
    ];

    /// Its name, as history and logs have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Uninstall => "uninstall",
            Self::Rollback => "rollback",
            Self::Restore => "restore",
            Self::Rebuild => "rebuild",
            Self::Repair => "repair",
            Self::WorkflowSync => "workflow-sync",
            Self::Hold => "hold",
            Self::Unhold => "unhold",
            Self::Pin => "pin",
            Self::Unpin => "unpin",
            Self::TrustAdd => "trust-add",
            Self::TrustRemove => "trust-remove",
            Self::TrustReset => "trust-reset",
            Self::RegistryAdd => "registry-add",
            Self::RegistryRemove => "registry-remove",
            Self::RegistryOrder => "registry-order",
        }
    }

    /// Whether it changes what the host was told to do, and neither packs nor a generation.
    pub const fn is_of_settings(self) -> bool {
        match self {
            Self::Install
            | Self::Upgrade
            | Self::Uninstall
            | Self::Rollback
            | Self::Restore
            | Self::Rebuild
            | Self::Repair
            | Self::WorkflowSync => false,
            Self::Hold
            | Self::Unhold
            | Self::Pin
            | Self::Unpin
            | Self::TrustAdd
            | Self::TrustRemove
            | Self::TrustReset
            | Self::RegistryAdd
            | Self::RegistryRemove
            | Self::RegistryOrder => true,
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// An operation, as it is recorded.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its kind.
    pub kind: OperationKind,
    /// When it began.
    pub started_at: Timestamp,
    /// The name of the user who asked for it.
    pub user: String,
    /// The command line, without secrets.
    pub command: String,
    /// The registry that packs came from, if one was read.
    pub source: Option<String>,
    /// The checks that were asked to be left out or overruled, by their options.
    pub forced: Vec<String>,
    /// The migrations of packs that ran with it, or were left out.
    pub migrations: Vec<MigrationReport>,
    clock: Instant,
}

impl Operation {
    /// An operation that begins now.
    pub fn begin(kind: OperationKind, now: Timestamp, user: String, command: String) -> Self {
        let clock = Instant::now();
        let (forced, migrations) = (Vec::new(), Vec::new());
        Self { kind, started_at: now, user, command, source: None, forced, migrations, clock }
    }

    /// The same with the checks that `options` leave out.
    #[must_use]
    pub fn with_forced(mut self, options: &[(&str, bool)]) -> Self {
        self.forced.extend(options.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| (*name).to_owned()));
        self
    }

    /// The same, with packs from the registry `source`.
    #[must_use]
    pub fn with_source(self, source: String) -> Self {
        Self { source: Some(source), ..self }
    }

    /// The same, with the migrations that ran with it.
    #[must_use]
    pub fn with_migrations(self, migrations: Vec<MigrationReport>) -> Self {
        Self { migrations, ..self }
    }

    /// How long it has taken so far, in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_kinds() {
        for kind in OperationKind::ALL {
            assert_eq!(OperationKind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(OperationKind::parse("dance"), None);
    }

    #[test]
    fn only_options_that_were_given_are_recorded() {
        let begun =
            Operation::begin(OperationKind::Install, Timestamp::UNIX_EPOCH, String::new(), String::new());
        let forced = begun.with_forced(&[("--force", true), ("--skip-tests", false)]).forced;
        assert_eq!(forced, ["--force"]);
    }
}

//! The documents of `attune-install trust list`, `remove` and `reset`.

use std::path::PathBuf;

use attune_registry::report::Report;
use schemars::JsonSchema;
use serde::Serialize;

use crate::trust::TrustedRegistry;

/// The registries that a host trusts.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct TrustedRegistries {
    /// The installation root.
    pub(in crate::cli) root: PathBuf,
    /// The registries, by name.
    pub(in crate::cli) registries: Vec<TrustedRegistry>,
}

impl Report for TrustedRegistries {
    const FORMAT: &'static str = "attune-install.trust-list/v1";
}

/// A registry that is no longer trusted.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct RemovedTrust {
    /// The installation root.
    pub(in crate::cli) root: PathBuf,
    /// The registry.
    pub(in crate::cli) registry: String,
}

impl Report for RemovedTrust {
    const FORMAT: &'static str = "attune-install.trust-remove/v1";
}

/// A registry of which everything seen is forgotten.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct ResetTrust {
    /// The installation root.
    pub(in crate::cli) root: PathBuf,
    /// The registry.
    pub(in crate::cli) registry: String,
}

impl Report for ResetTrust {
    const FORMAT: &'static str = "attune-install.trust-reset/v1";
}

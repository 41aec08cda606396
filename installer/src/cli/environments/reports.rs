//! The documents of `attune-install env path` and `env rebuild`.

use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::PackRef;
use schemars::JsonSchema;
use serde::Serialize;

use crate::operations::RebuiltEnvironment;

/// The program to execute for a pack.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct FoundExecutable {
    /// The pack.
    #[serde(rename = "ref")]
    pub(in crate::cli) pack: PackRef,
    /// The runtime.
    pub(in crate::cli) runtime: String,
    /// The program.
    pub(in crate::cli) path: PathBuf,
}

impl Report for FoundExecutable {
    const FORMAT: &'static str = "attune-install.env-path/v1";
}

/// The environments that were built again.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct RebuiltEnvironments {
    /// Whether nothing was changed.
    pub(in crate::cli) dry_run: bool,
    /// The installation root.
    pub(in crate::cli) root: PathBuf,
    /// The environments.
    pub(in crate::cli) environments: Vec<RebuiltEnvironment>,
}

impl Report for RebuiltEnvironments {
    const FORMAT: &'static str = "attune-install.env-rebuild/v1";
}

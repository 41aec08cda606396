//! The documents of `attune-install env path` and `env rebuild`.

use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::PackRef;
use schemars::JsonSchema;
use serde::Serialize;

use crate::operations::RebuiltEnvironment;

/// The program to execute for a pack.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FoundExecutable {
    /// The pack.
    #[serde(rename = "ref")]
    pub(super) pack: PackRef,
    /// The runtime.
    pub(super) runtime: String,
    /// The program.
    pub(super) path: PathBuf,
}

impl Report for FoundExecutable {
    const FORMAT: &'static str = "attune-install.env-path/v1";
}

/// The environments that were built again.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RebuiltEnvironments {
    /// The installation root.
    pub(super) root: PathBuf,
    /// The environments.
    pub(super) environments: Vec<RebuiltEnvironment>,
}

impl Report for RebuiltEnvironments {
    const FORMAT: &'static str = "attune-install.env-rebuild/v1";
}

//! What is known of one pack.

use std::path::PathBuf;

use attune_host::inventory::InstalledDetails;
use attune_registry::report::Report;
use attune_schemas::PackRef;
use schemars::JsonSchema;
use serde::Serialize;

/// What is known of a pack.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownPack {
    /// The installation root.
    pub root: PathBuf,
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// The installed release; absent where it is not installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed: Option<InstalledDetails>,
}

impl Report for ShownPack {
    const FORMAT: &'static str = "attune-install.show/v1";
}

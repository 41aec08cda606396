//! The normalised form of a `pack.yaml`.
//!
//! One spelling of every field, of the several that Attune's readers accept.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::migrations::Migration;
use super::testing::Testing;
use crate::pack_index::Requires;
use crate::pack_ref::PackRef;
use crate::requirement::Requirement;
use crate::version::Version;

/// A pack's metadata.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PackMetadata {
    /// The pack's ref.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Name for people; from `label`, else `name`, else the ref.
    pub label: String,
    /// The version.
    pub version: Version,
    /// Its description.
    #[serde(default)]
    pub description: String,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Where to write to the author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// SPDX expression of its licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Words to find it by; from `tags`, else `keywords`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether it ships with Attune; from `system`.
    #[serde(default)]
    pub is_standard: bool,
    /// Runtimes it names, as written.
    #[serde(default)]
    pub runtime_deps: Vec<String>,
    /// The packs it needs.
    #[serde(default)]
    pub dependencies: BTreeMap<PackRef, Requirement>,
    /// Its requirements on the host; `python: "3.9"` in the file reads as `>=3.9` here.
    #[serde(default)]
    pub requires: Requires,
    /// Schema of its configuration, in the dialect of the file; from `conf_schema`, else `config_schema`.
    #[serde(default)]
    pub conf_schema: Map<String, Value>,
    /// Default configuration.
    #[serde(default)]
    pub config: Map<String, Value>,
    /// Free metadata; from `meta`, else `metadata`.
    #[serde(default)]
    pub meta: Map<String, Value>,
    /// How it is tested; absent if it has no tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub testing: Option<Testing>,
    /// The scripts that bring its data from one version to another, as the file lists them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub migrations: Vec<Migration>,
}

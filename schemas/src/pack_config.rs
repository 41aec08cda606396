//! The config blob of a release: the normalised pack, its components, its environment locks.
//!
//! `format: "attune.pack.config/v1"`. An installer plans from this blob alone, before the first large
//! blob of a bundle has arrived.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::component::ComponentSummary;
use crate::digest::Digest;
use crate::environment_lock::{EnvironmentLocks, Footprint};
use crate::origin::Origin;
use crate::pack::PackMetadata;

/// The `format` of a [`PackConfig`].
pub const PACK_CONFIG_FORMAT: &str = "attune.pack.config/v1";

/// The config blob of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PackConfig {
    /// Always [`PACK_CONFIG_FORMAT`].
    pub format: String,
    /// The pack's metadata, normalised from every spelling that `pack.yaml` allows.
    pub pack: PackMetadata,
    /// Every component file, sorted by kind and then by ref.
    pub components: Vec<ComponentSummary>,
    /// The footprint of the unpacked pack.
    pub unpacked: Footprint,
    /// The environment locks of its runtimes.
    #[serde(default)]
    pub environments: EnvironmentLocks,
    /// The locks of environments for its tests: the packages of its own and what the tests need besides.
    #[serde(default, skip_serializing_if = "EnvironmentLocks::is_empty")]
    pub test_environments: EnvironmentLocks,
    /// Where its files came from; absent where that was a directory, and in releases of older builders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl PackConfig {
    /// Digest and size of every vendored file that its locks name, once each.
    pub fn files(&self) -> BTreeMap<Digest, u64> {
        let mut files = self.environments.files();
        files.extend(self.test_environments.files());
        files
    }
}

//! The releases that a generation keeps, so that its rows can be written again without the source.
//!
//! `generations/42/releases/<ref>.json`, `format: "attune.installed-release/v1"`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::PackRef;
use attune_schemas::pack_config::PackConfig;
use serde::{Deserialize, Serialize};

use crate::environment::EnvironmentName;
use crate::root::read_regular;

/// The `format` of a [`KeptRelease`].
pub const KEPT_RELEASE_FORMAT: &str = "attune.installed-release/v1";

/// A release as it was installed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptRelease {
    /// Always [`KEPT_RELEASE_FORMAT`].
    pub format: String,
    /// The config blob of the release.
    pub config: PackConfig,
    /// The output of the steps that built its environments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub logs: BTreeMap<EnvironmentName, String>,
    /// The environments that could not be built, and that the pack goes without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedEnvironment>,
}

/// An environment that could not be built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedEnvironment {
    /// Its name.
    pub name: EnvironmentName,
    /// The runtime.
    pub runtime_ref: String,
    /// The version of the runtime, if it was made for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Why it could not be built.
    pub error: String,
    /// The output of its steps.
    pub log: String,
}

impl KeptRelease {
    /// A release with these parts.
    pub fn new(
        config: PackConfig,
        logs: BTreeMap<EnvironmentName, String>,
        failed: Vec<FailedEnvironment>,
    ) -> Self {
        Self { format: KEPT_RELEASE_FORMAT.to_owned(), config, logs, failed }
    }

    /// The file of `pack` in the directory of a generation.
    pub fn path(generation: &Path, pack: &PackRef) -> PathBuf {
        generation.join("releases").join(format!("{pack}.json"))
    }

    /// Reads what the generation in `generation` keeps of `pack`; `None` if an earlier program made it, which
    /// kept nothing.
    pub fn load(generation: &Path, pack: &PackRef) -> io::Result<Option<Self>> {
        let path = Self::path(generation, pack);
        let damaged = |reason: String| {
            let message = format!("`{}` is damaged: {reason}", path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        let bytes = match read_regular(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        let release: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if release.format != KEPT_RELEASE_FORMAT {
            return Err(damaged(format!("its format is `{}`", release.format.escape_debug())));
        }
        Ok(Some(release))
    }
}

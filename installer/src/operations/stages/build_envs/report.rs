//! The document of the environments of packs: the output of Attune's action `core.build_pack_envs`.

use std::path::PathBuf;
use std::time::Duration;

use attune_registry::report::Report;
use attune_schemas::PackRef;
use schemars::JsonSchema;
use serde::Serialize;

/// The environments of packs, in the form of `core.build_pack_envs`.
///
/// Beside Attune's fields it has `dry_run`, `pending_environments` and `pending_count`, `rebuilt` of a pack, and `others`
/// of its environments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BuildEnvsReport {
    /// Whether nothing was changed; then what is told as built again is what would be.
    pub dry_run: bool,
    /// The installed packs whose environments are there, whole.
    pub built_environments: Vec<BuiltPack>,
    /// The environments that are not.
    pub failed_environments: Vec<FailedEnvironment>,
    /// The packs that are not installed, with the environments that an installation builds for them.
    pub pending_environments: Vec<PendingPack>,
    /// The numbers.
    pub summary: BuildEnvsSummary,
}

impl Report for BuildEnvsReport {
    const FORMAT: &'static str = "attune-install.build-envs/v1";
}

/// An installed pack with its environments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BuiltPack {
    /// The pack.
    pub pack_ref: PackRef,
    /// Its directory.
    pub pack_path: PathBuf,
    /// Its environments.
    pub environments: BuiltEnvironments,
    /// The names of those that were built again.
    pub rebuilt: Vec<String>,
    /// How long it took to check and build them, in milliseconds.
    pub duration_ms: u64,
}

/// The environments of a pack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BuiltEnvironments {
    /// That of Python.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<PythonEnvironmentBuilt>,
    /// That of Node.js.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodejs: Option<NodeEnvironmentBuilt>,
    /// Those of further versions and of other runtimes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherEnvironment>,
}

/// An environment of Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PythonEnvironmentBuilt {
    /// Its directory.
    pub virtualenv_path: PathBuf,
    /// Whether its packages are there.
    pub requirements_installed: bool,
    /// The number of its packages.
    pub package_count: usize,
    /// The version of its interpreter.
    pub python_version: String,
}

/// An environment of Node.js.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NodeEnvironmentBuilt {
    /// The directory of its packages.
    pub node_modules_path: PathBuf,
    /// Whether its packages are there.
    pub dependencies_installed: bool,
    /// The number of its packages.
    pub package_count: usize,
    /// The version of its interpreter.
    pub nodejs_version: String,
}

/// An environment of a further version or another runtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OtherEnvironment {
    /// Its name.
    pub runtime: String,
    /// Its directory.
    pub path: PathBuf,
    /// The number of its packages.
    pub package_count: usize,
    /// The version of its interpreter; absent where it is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// An environment that is not there, or not whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedEnvironment {
    /// The pack; null where its directory does not tell.
    pub pack_ref: Option<PackRef>,
    /// Its directory.
    pub pack_path: PathBuf,
    /// The name of the environment; empty where none is known.
    pub runtime: String,
    /// The failure.
    pub error: String,
}

/// A pack that is not installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PendingPack {
    /// The pack.
    pub pack_ref: PackRef,
    /// Its directory.
    pub pack_path: PathBuf,
    /// The environments that it needs.
    pub environments: Vec<PendingEnvironment>,
}

/// An environment that an installation builds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PendingEnvironment {
    /// `python` or `nodejs`.
    pub runtime: String,
    /// The versions that will do; null where any will do.
    pub version: Option<String>,
    /// The file that names packages; null where there is none.
    pub manifest_file: Option<PathBuf>,
    /// The version of this host's interpreter that it can have; null where the host has none, so that the registry must
    /// carry one.
    pub interpreter_version: Option<String>,
}

/// The numbers of packs and environments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BuildEnvsSummary {
    /// The number of packs.
    pub total_packs: usize,
    /// Those whose environments are there.
    pub success_count: usize,
    /// Those that lack one.
    pub failure_count: usize,
    /// Those that are not installed.
    pub pending_count: usize,
    /// The number of environments of Python that are there.
    pub python_envs_built: usize,
    /// The number of environments of Node.js that are there.
    pub nodejs_envs_built: usize,
    /// How long all took, in milliseconds.
    pub total_duration_ms: u64,
}

impl BuildEnvsReport {
    /// Counts.
    pub(super) fn summarize(&mut self, total_packs: usize, took: Duration) {
        let mut failed: Vec<_> = self.failed_environments.iter().map(|failed| &failed.pack_path).collect();
        failed.sort();
        failed.dedup();
        let failed_paths = failed.len();
        let pending = self.pending_environments.iter();
        let pending_count = pending.filter(|pending| !failed.contains(&&pending.pack_path)).count();
        let built = &self.built_environments;
        self.summary = BuildEnvsSummary {
            total_packs,
            success_count: built.len(),
            failure_count: failed_paths,
            pending_count,
            python_envs_built: built.iter().filter(|pack| pack.environments.python.is_some()).count(),
            nodejs_envs_built: built.iter().filter(|pack| pack.environments.nodejs.is_some()).count(),
            total_duration_ms: millis(took),
        };
    }
}

/// `duration` in whole milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

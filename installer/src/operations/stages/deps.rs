//! The packs and runtimes that the packs in directories need: the output of Attune's action `core.get_pack_dependencies`.
//!
//! A dependency counts as installed where a version that satisfies it is; Attune compares names alone.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use attune_host::generation::Generation;
use attune_host::inventory::{InventoryError, installed};
use attune_host::root::{HostRoot, RootError};
use attune_registry::pack_directory::PackDirectory;
use attune_registry::report::Report;
use attune_schemas::diagnostics::Severity;
use attune_schemas::pack::PackMetadata;
use attune_schemas::problem::ErrorCode;
use attune_schemas::{PackRef, Requirement, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::pack_file::{PackFileError, open_pack, told, with_causes};
use crate::failure::{Failed, code_of};

/// The manifest of Python packages, and that of Node.js packages.
pub(super) const MANIFESTS: [&str; 2] = ["requirements.txt", "package.json"];

/// Why nothing could be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DepsError {
    /// The root is there and cannot be read.
    #[error(transparent)]
    Installed(#[from] InventoryError),
    /// A directory has no absolute path.
    #[error("the absolute path of `{}` is unknown", path.display())]
    Path {
        /// The directory.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl Failed for DepsError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Installed(error) => error.code(),
            Self::Path { .. } => ErrorCode::OutputAccess,
        }
    }
}

/// The directories, and how they are read.
#[derive(Debug, Clone)]
pub struct DepsOptions {
    /// The packs' directories.
    pub directories: Vec<PathBuf>,
    /// The host; nothing is installed where there is none.
    pub root: HostRoot,
    /// Whether everything in the packs is checked, or only their `pack.yaml` read.
    pub validate: bool,
}

/// The dependencies of packs, in the form of `core.get_pack_dependencies`.
///
/// Beside Attune's fields it has `installed_version` and `analyzed_with` of a dependency, and `code` of an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DependenciesReport {
    /// The packs that the packs need, each once for every pack that needs it.
    pub dependencies: Vec<Dependency>,
    /// The requirements on runtimes, by pack.
    pub runtime_requirements: BTreeMap<PackRef, RuntimeRequirements>,
    /// The dependencies that are neither installed nor among the directories.
    pub missing_dependencies: Vec<Dependency>,
    /// The packs, in the order of the directories.
    pub analyzed_packs: Vec<AnalyzedPack>,
    /// The defects of packs and directories.
    pub errors: Vec<AnalysisError>,
}

impl Report for DependenciesReport {
    const FORMAT: &'static str = "attune-install.deps/v1";
}

/// A pack that another one needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Dependency {
    /// The pack.
    pub pack_ref: PackRef,
    /// The versions that will do.
    pub version_spec: Requirement,
    /// The pack that needs it.
    pub required_by: PackRef,
    /// Whether a version that will do is installed.
    pub already_installed: bool,
    /// The version that is installed, whether it will do or not; null where none is.
    pub installed_version: Option<Version>,
    /// The directory among those named that has a version which will do; null where none has.
    pub analyzed_with: Option<PathBuf>,
}

/// The requirements of a pack on runtimes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RuntimeRequirements {
    /// The pack.
    pub pack_ref: PackRef,
    /// That on Python.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<PythonRequirement>,
    /// That on Node.js.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodejs: Option<NodeRequirement>,
}

/// A requirement on Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PythonRequirement {
    /// The versions (PEP 440); null where any will do.
    pub version: Option<String>,
    /// The file that names packages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirements_file: Option<PathBuf>,
}

/// A requirement on Node.js.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NodeRequirement {
    /// The versions (npm's ranges); null where any will do.
    pub version: Option<String>,
    /// The file that names packages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_file: Option<PathBuf>,
}

/// A pack that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AnalyzedPack {
    /// The pack.
    pub pack_ref: PackRef,
    /// Its directory.
    pub pack_path: PathBuf,
    /// Whether it needs others.
    pub has_dependencies: bool,
    /// The number of those.
    pub dependency_count: usize,
}

/// A defect of a pack or directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AnalysisError {
    /// The directory.
    pub pack_path: PathBuf,
    /// The defect.
    pub error: String,
    /// Its code.
    pub code: ErrorCode,
}

/// Reads the packs in the directories of `options`; what is wrong with one is in the report.
///
/// # Errors
/// The root is there and cannot be read.
pub fn dependencies(options: &DepsOptions) -> Result<DependenciesReport, DepsError> {
    let active = active_or_none(&options.root)?;
    let mut report = DependenciesReport::default();
    let mut packs: Vec<(PathBuf, PackMetadata)> = Vec::new();
    for directory in &options.directories {
        let path = std::path::absolute(directory)
            .map_err(|source| DepsError::Path { path: directory.clone(), source })?;
        match open_pack(directory) {
            Ok((pack, metadata)) => {
                if options.validate {
                    report.errors.extend(defects(&pack, &path));
                }
                report.runtime_requirements.extend(
                    runtimes(&pack, &metadata, &path).map(|runtimes| (metadata.pack.clone(), runtimes)),
                );
                report.analyzed_packs.push(AnalyzedPack {
                    pack_ref: metadata.pack.clone(),
                    pack_path: path.clone(),
                    has_dependencies: !metadata.dependencies.is_empty(),
                    dependency_count: metadata.dependencies.len(),
                });
                packs.push((path, metadata));
            }
            Err(error) => report.errors.push(unreadable(path, &error)),
        }
    }
    for (_, metadata) in &packs {
        for (pack, requirement) in &metadata.dependencies {
            let there = active.packs.get(pack).map(|installed| installed.version.clone());
            let beside = packs
                .iter()
                .find(|(_, other)| other.pack == *pack && requirement.matches(&other.version))
                .map(|(path, _)| path.clone());
            report.dependencies.push(Dependency {
                pack_ref: pack.clone(),
                version_spec: requirement.clone(),
                required_by: metadata.pack.clone(),
                already_installed: there.as_ref().is_some_and(|version| requirement.matches(version)),
                installed_version: there,
                analyzed_with: beside,
            });
        }
    }
    let is_missing = |needed: &&Dependency| !needed.already_installed && needed.analyzed_with.is_none();
    report.missing_dependencies = report.dependencies.iter().filter(is_missing).cloned().collect();
    Ok(report)
}

/// What is installed; nothing where there is no root, or nothing was ever installed to it.
pub(super) fn active_or_none(root: &HostRoot) -> Result<Generation, InventoryError> {
    match installed(root) {
        Err(InventoryError::Root(RootError::NotThere { .. } | RootError::NeverInstalled { .. })) => {
            Ok(Generation::empty())
        }
        active => active,
    }
}

pub(super) fn unreadable(pack_path: PathBuf, error: &PackFileError) -> AnalysisError {
    AnalysisError { pack_path, error: with_causes(error), code: code_of(error).0 }
}

/// The errors in the pack's files.
fn defects(pack: &PackDirectory, path: &Path) -> Vec<AnalysisError> {
    let errors = pack.lint().findings;
    let errors = errors.iter().filter(|finding| finding.severity == Severity::Error);
    let defect = |finding| AnalysisError {
        pack_path: path.to_owned(),
        error: told(finding),
        code: ErrorCode::LintErrors,
    };
    errors.map(defect).collect()
}

/// The requirements on runtimes; `None` where there is none.
pub(super) fn runtimes(
    pack: &PackDirectory,
    metadata: &PackMetadata,
    path: &Path,
) -> Option<RuntimeRequirements> {
    let [requirements_file, package_file] = MANIFESTS.map(|name| {
        let file = name.parse().expect("it is a path");
        pack.place(&file).map(|_| path.join(name))
    });
    let requires = &metadata.requires;
    let python = (requires.python.is_some() || requirements_file.is_some())
        .then(|| PythonRequirement { version: requires.python.clone(), requirements_file });
    let nodejs = (requires.nodejs.is_some() || package_file.is_some())
        .then(|| NodeRequirement { version: requires.nodejs.clone(), package_file });
    (python.is_some() || nodejs.is_some()).then(|| RuntimeRequirements {
        pack_ref: metadata.pack.clone(),
        python,
        nodejs,
    })
}

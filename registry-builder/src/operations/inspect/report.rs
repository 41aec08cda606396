//! The content of a registry or bundle.

use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::coverage::ReleaseCoverage;
use attune_schemas::origin::Origin;
use attune_schemas::runtime_index::{RuntimeName, RuntimeRelease};
use attune_schemas::{Digest, PackRef, PackRequest, Platform, PythonMinor, Version};
use schemars::JsonSchema;
use serde::Serialize;

use crate::operations::opened::Roots;

/// Its content.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InspectReport {
    /// The registry or bundle; `-` for standard input.
    pub source: PathBuf,
    /// The registry's name.
    pub registry: String,
    /// Its roots.
    #[serde(flatten)]
    pub roots: Roots,
    /// Until when hosts accept it: the date of the role that expires first.
    pub expires_at: String,
    /// The bundle; absent where the source is a registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<InspectedBundle>,
    /// The releases, by pack, the newest first.
    pub releases: Vec<InspectedRelease>,
    /// The interpreters that it carries.
    pub runtimes: Vec<InspectedRuntime>,
}

impl Report for InspectReport {
    const FORMAT: &'static str = "attune-build.inspect/v1";
}

/// The file of a bundle, and what it was made for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InspectedBundle {
    /// Its size in bytes; absent where it is no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The digest of the file; absent where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The packs that were asked for, with their requirements.
    pub requested: Vec<PackRequest>,
    /// The machines that it was made for.
    pub platforms: Vec<Platform>,
    /// The Pythons that it was made for.
    pub pythons: Vec<PythonMinor>,
}

/// A release.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InspectedRelease {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// The digest of its manifest.
    pub manifest: Digest,
    /// Bytes of its archive, wheels and packages that are there.
    pub size: u64,
    /// The number of its wheels and packages that are there.
    pub vendored: usize,
    /// Whether it was asked for, rather than needed by another; absent in a registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested: Option<bool>,
    /// Where its files came from; absent where that was a directory, or is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The kinds of hosts that it installs on.
    pub targets: Vec<ReleaseCoverage>,
}

/// An interpreter.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InspectedRuntime {
    /// The runtime.
    pub runtime: RuntimeName,
    /// Its version.
    pub version: Version,
    /// The interpreter's platform.
    pub platform: Platform,
    /// The digest of its archive.
    pub archive: Digest,
    /// Bytes of its archive.
    pub size: u64,
}

impl InspectedRuntime {
    /// `release` of `runtime`.
    pub(crate) fn of(runtime: RuntimeName, release: RuntimeRelease) -> Self {
        let RuntimeRelease { version, platform, archive, .. } = release;
        Self { runtime, version, platform, archive: archive.digest, size: archive.size }
    }
}

//! `bundle.json`, the first entry of a bundle: the request, and the releases it resolved to.
//!
//! `format: "attune.bundle/v1"`. Advisory: it narrows the releases that an installer looks at, and never
//! vouches for anything. Every release it names must still be reached through the signed metadata.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::pack_index::Release;
use crate::pack_ref::PackRef;
use crate::platform::{Platform, PythonMinor};
use crate::requirement::PackRequest;
use crate::runtime_index::RuntimeName;
use crate::version::Version;

/// The `format` of a [`BundleDescription`].
pub const BUNDLE_FORMAT: &str = "attune.bundle/v1";

/// The description of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BundleDescription {
    /// Always [`BUNDLE_FORMAT`].
    pub format: String,
    /// Name of the registry that it was cut from.
    pub registry: String,
    /// The packs that were asked for.
    pub requested: Vec<PackRequest>,
    /// The closure of it: one release per pack, sorted by ref.
    pub releases: Vec<BundledRelease>,
    /// The machines it installs on.
    pub platforms: Vec<Platform>,
    /// The Pythons it installs on.
    pub pythons: Vec<PythonMinor>,
    /// The interpreters that it carries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runtimes: Vec<BundledRuntime>,
}

/// An interpreter in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct BundledRuntime {
    /// The runtime.
    pub runtime: RuntimeName,
    /// Its version.
    pub version: Version,
    /// The machine that it runs on.
    pub platform: Platform,
    /// Digest of its archive.
    pub archive: Digest,
}

/// A release in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BundledRelease {
    /// The pack's ref.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// The release's version.
    pub version: Version,
    /// The release manifest's digest.
    pub manifest: Digest,
}

impl BundledRelease {
    /// Whether it is `release` of the index of `pack`.
    pub fn is(&self, pack: &PackRef, release: &Release) -> bool {
        self.pack == *pack && self.version == release.version && self.manifest == release.manifest.digest
    }
}

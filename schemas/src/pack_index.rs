//! The pack index: one small file per pack that lists its releases.
//!
//! `packs/<sha256>.<ref>.json`, a TUF target named `packs/<ref>.json`,
//! `format: "attune.pack.index/v1"`. A client fetches only the indexes it resolves over. A release
//! never changes once published, except that it may be yanked.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::pack_ref::PackRef;
use crate::platform::Platform;
use crate::requirement::Requirement;
use crate::version::Version;

/// The `format` of a [`PackIndex`].
pub const PACK_INDEX_FORMAT: &str = "attune.pack.index/v1";

/// All releases of one pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackIndex {
    /// Always [`PACK_INDEX_FORMAT`].
    pub format: String,
    /// The pack's ref.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Name for people.
    pub label: String,
    /// Its description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// SPDX expression of its licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Named pointers to versions; `stable` is the highest that is neither yanked nor a prerelease.
    pub channels: BTreeMap<String, Version>,
    /// The releases, highest version first.
    pub releases: Vec<Release>,
}

/// One release in a pack index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// Its version.
    pub version: Version,
    /// Its release manifest.
    pub manifest: ManifestPointer,
    /// The packs it needs.
    #[serde(default)]
    pub dependencies: BTreeMap<PackRef, Requirement>,
    /// Its requirements on the host.
    #[serde(default)]
    pub requires: Requires,
    /// Where it installs; empty means everywhere.
    #[serde(default)]
    pub platforms: Vec<Platform>,
    /// Bytes of its config and all its layers.
    pub size: u64,
    /// Number of components by directory name, for example `actions: 4`.
    #[serde(default)]
    pub contents: BTreeMap<String, u64>,
    /// When it was published.
    #[schemars(with = "String")]
    pub published_at: Timestamp,
    /// Why it was withdrawn; present only on a yanked release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yanked: Option<String>,
}

/// Digest and size of a release manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManifestPointer {
    /// The manifest's digest.
    pub digest: Digest,
    /// The manifest's size in bytes.
    pub size: u64,
}

/// A release's requirements on the host; each a version specifier in its runtime's own grammar.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requires {
    /// Versions of Attune.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attune: Option<String>,
    /// Versions of Python (PEP 440).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// Versions of Node.js.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodejs: Option<String>,
}

impl PackIndex {
    /// The TUF target path of the index of `pack`.
    pub fn target_path(pack: &PackRef) -> String {
        format!("packs/{pack}.json")
    }

    /// The release with exactly this version.
    pub fn release(&self, version: &Version) -> Option<&Release> {
        self.releases.iter().find(|release| release.version == *version)
    }

    /// Adds a release, keeps the order, and moves the `stable` channel.
    pub fn insert(&mut self, release: Release) {
        self.releases.retain(|other| other.version != release.version);
        self.releases.push(release);
        self.releases.sort_by(|a, b| b.version.cmp(&a.version));
        self.channels.remove("stable");
        if let Some(stable) =
            self.releases.iter().find(|other| other.yanked.is_none() && !other.version.is_prerelease())
        {
            self.channels.insert("stable".to_owned(), stable.version.clone());
        }
    }
}

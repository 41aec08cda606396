//! The lock of a pack's Node.js environment: packages at their places in `node_modules`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Footprint, ManifestFile};
use crate::digest::Digest;
use crate::entry_path::EntryPath;
use crate::platform::Platform;

/// The lock of a pack's Node.js environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeLock {
    /// npm range that Node.js must satisfy, for example `>=18`; absent means any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_nodejs: Option<String>,
    /// The dependency file that Attune's workers look at (`package.json`), and its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<ManifestFile>,
    /// One entry per machine that the release installs on. Empty if the pack needs no package: it installs
    /// on every machine.
    pub targets: Vec<NodeTarget>,
    /// Machines that were asked for and cannot be served, with the packages to blame.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<BlockedPlatform>,
}

/// A machine that a release does not install on, although it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlockedPlatform {
    /// The machine.
    pub platform: Platform,
    /// Which package is to blame and why, each in one line.
    pub blames: Vec<String>,
}

/// The packages for one machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NodeTarget {
    /// The machine.
    pub platform: Platform,
    /// The packages, sorted by path.
    pub packages: Vec<LockedNodePackage>,
    /// The links to programs, sorted by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bins: Vec<BinLink>,
}

impl NodeTarget {
    /// The ABI of Node.js that machine code of its packages is bound to, with the first package that has some.
    pub fn bound_abi(&self) -> Option<(&str, &str)> {
        self.packages.iter().find_map(|package| {
            let abi = package.overlay.as_ref()?.node_abi.as_deref()?;
            Some((abi, package.name.as_str()))
        })
    }
}

/// One vendored package, with the bytes its publisher gave it, at its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LockedNodePackage {
    /// Where it is laid out, for example `node_modules/a/node_modules/@s/b`.
    pub path: EntryPath,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Digest of the tarball's bytes.
    pub digest: Digest,
    /// Size of the tarball in bytes.
    pub size: u64,
    /// Its footprint, unpacked.
    pub unpacked: Footprint,
    /// The files that its install script made while building, laid over its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlay: Option<Overlay>,
    /// Whether it has an install script, which never runs on a target.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_install_script: bool,
    /// Where it came from; for people, never fetched by an installer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl LockedNodePackage {
    /// Digest and size of its files: the tarball, and the overlay if it has one.
    pub fn files(&self) -> impl Iterator<Item = (Digest, u64)> + use<> {
        let overlay = self.overlay.as_ref().map(|overlay| (overlay.digest, overlay.size));
        [(self.digest, self.size)].into_iter().chain(overlay)
    }

    /// The name that npm gives its tarball: `s-b-1.0.0.tgz` for `@s/b`.
    pub fn filename(&self) -> String {
        let name = self.name.trim_start_matches('@').replace('/', "-");
        format!("{name}-{}.tgz", self.version)
    }
}

/// Files that an install script made: an archive in the form of a pack archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Overlay {
    /// Digest of the archive.
    pub digest: Digest,
    /// Size of the archive in bytes.
    pub size: u64,
    /// Its footprint, unpacked.
    pub unpacked: Footprint,
    /// The ABI of Node.js (`process.versions.modules`) that its machine code is bound to; absent if it
    /// runs on any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_abi: Option<String>,
}

/// A link to a program of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BinLink {
    /// The link, for example `node_modules/.bin/semver`.
    pub path: EntryPath,
    /// The program, for example `node_modules/semver/bin/semver.js`.
    pub target: EntryPath,
}

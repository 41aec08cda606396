//! The lock of a pack's Python environment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Footprint, ManifestFile};
use crate::digest::Digest;
use crate::platform::{Platform, PythonMinor};

/// The lock of a pack's Python environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PythonLock {
    /// PEP 440 specifier that an interpreter must satisfy, for example `>=3.9`; absent means any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// The dependency file that Attune's workers look at, and its digest; a worker skips its own
    /// installation when the environment's marker holds this digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<ManifestFile>,
    /// One entry per machine and Python that the release installs on. Empty if the pack needs no
    /// third-party package: it installs on every machine.
    pub targets: Vec<PythonTarget>,
    /// Machines and Pythons that were asked for and cannot be served, with the packages to blame.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<BlockedTarget>,
}

/// A machine and Python that a release does not install on, although it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlockedTarget {
    /// The machine.
    pub platform: Platform,
    /// The Python feature release.
    pub python: PythonMinor,
    /// Which package is to blame and why, each in one line.
    pub blames: Vec<String>,
}

/// The wheels for one machine and Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PythonTarget {
    /// The machine.
    pub platform: Platform,
    /// The Python feature release.
    pub python: PythonMinor,
    /// PEP 440 specifier of the patch releases that its packages take, such as `>=3.11.4`; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// The wheels in the order of installation: each after those that it requires. Of files at one place the
    /// last stays.
    pub wheels: Vec<LockedWheel>,
}

/// One vendored wheel, with the bytes its publisher gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LockedWheel {
    /// Normalised distribution name (PEP 503).
    pub name: String,
    /// Version (PEP 440).
    pub version: String,
    /// Wheel file name (PEP 427).
    pub filename: String,
    /// Digest of the wheel's bytes.
    pub digest: Digest,
    /// Size of the wheel in bytes.
    pub size: u64,
    /// Its footprint, unpacked.
    pub unpacked: Footprint,
    /// PEP 440 specifier of the patch releases on which it is part of the environment, such as `>=3.11.2`;
    /// absent means all. Wheels of one name are for different ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pythons: Option<String>,
    /// Why its RECORD is not to be believed, if so; an installer writes it anew from the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong_record: Option<String>,
    /// The reason why its directories must be real in every environment: it looks beyond its own files, at
    /// those of other packages. Absent if links to directories suffice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfolded: Option<String>,
    /// Shared libraries of the operating system that it needs, by file name, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<String>,
    /// The source it was built from, if its publisher has no wheel that fits: a source distribution, a
    /// directory of the pack, or a repository with its commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_from: Option<String>,
    /// The oldest glibc that a wheel built from source runs on, such as `2.34`; published wheels state it
    /// in their tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glibc: Option<String>,
    /// Where it came from; for people, never fetched by an installer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

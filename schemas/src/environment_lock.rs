//! The environment lock: which vendored files make a pack's environment on which machine.
//!
//! Written once by the builder, where there is a network; followed to the letter by the installer,
//! which resolves nothing. For Python: one list of wheels per target (platform and Python minor).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::entry_path::EntryPath;
use crate::platform::{Platform, PythonMinor};

/// What each runtime of a pack needs; absent where the runtime needs no environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentLocks {
    /// The Python environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<PythonLock>,
}

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
    /// One entry per machine and Python that the release installs on. Empty where the pack needs no
    /// third-party package, which installs on every machine.
    pub targets: Vec<PythonTarget>,
    /// Machines and Pythons that were asked for and cannot be served, with whom to blame.
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

/// A dependency file of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManifestFile {
    /// Where it is in the pack, for example `requirements.txt`.
    pub path: EntryPath,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// The wheels for one machine and Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PythonTarget {
    /// The machine.
    pub platform: Platform,
    /// The Python feature release.
    pub python: PythonMinor,
    /// The wheels, sorted by name.
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
    /// What it takes unpacked.
    pub unpacked: Footprint,
    /// Why its directories must be real in every environment, where they must: it looks beyond its own
    /// files, at what other packages have. Absent where a link to a directory will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfolded: Option<String>,
    /// Shared libraries of the operating system that it needs, by file name, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<String>,
    /// What it was built from, where its publisher has no wheel that fits: a source distribution, a
    /// directory of the pack, or a repository with its commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built_from: Option<String>,
    /// The oldest glibc that a wheel built from source runs on, such as `2.34`; the tags of published
    /// wheels say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glibc: Option<String>,
    /// Where it came from; for people, never fetched by an installer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// The room that a tree takes on disk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Footprint {
    /// Number of files.
    pub files: u64,
    /// Number of directories.
    pub directories: u64,
    /// Sum of the files' lengths in bytes.
    pub bytes: u64,
    /// Bytes in blocks of 4 KiB: every file rounded up, one block for every directory.
    pub disk_bytes: u64,
}

/// The block that [`Footprint::disk_bytes`] counts in, in bytes; the common file systems' default.
const BLOCK_BYTES: u64 = 4096;

impl Footprint {
    /// Counts one file of `bytes` bytes.
    pub fn add_file(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let blocks = bytes.div_ceil(BLOCK_BYTES);
        self.disk_bytes = self.disk_bytes.saturating_add(blocks.saturating_mul(BLOCK_BYTES));
    }

    /// Counts one directory.
    pub fn add_directory(&mut self) {
        self.directories += 1;
        self.disk_bytes = self.disk_bytes.saturating_add(BLOCK_BYTES);
    }

    /// Counts another tree beside this one.
    pub fn add(&mut self, other: &Self) {
        self.files = self.files.saturating_add(other.files);
        self.directories = self.directories.saturating_add(other.directories);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.disk_bytes = self.disk_bytes.saturating_add(other.disk_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_footprint_counts_whole_blocks() {
        let mut footprint = Footprint::default();
        for bytes in [0, 1, 4096, 4097] {
            footprint.add_file(bytes);
        }
        footprint.add_directory();
        let expected = Footprint { files: 4, directories: 1, bytes: 8194, disk_bytes: 5 * 4096 };
        assert_eq!(footprint, expected);
    }
}

//! The environment lock: which vendored files make a pack's environment on which machine.
//!
//! Written once by the builder, which has a network; followed to the letter by the installer, which
//! resolves nothing. For Python: one list of wheels per target (platform and Python minor). For
//! Node.js: one list of packages with their places per platform.

mod node;
mod python;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::entry_path::EntryPath;

pub use node::{BinLink, BlockedPlatform, LockedNodePackage, NodeLock, NodeTarget, Overlay};
pub use python::{BlockedTarget, LockedWheel, PythonLock, PythonTarget};

impl EnvironmentLocks {
    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.python.is_none() && self.nodejs.is_none()
    }

    /// Digest and size of every vendored file that the locks name, over all targets, once each.
    pub fn files(&self) -> BTreeMap<Digest, u64> {
        let wheels = self.python.iter().flat_map(|lock| &lock.targets).flat_map(|target| &target.wheels);
        let packages = self.nodejs.iter().flat_map(|lock| &lock.targets).flat_map(|target| &target.packages);
        let wheels = wheels.map(|wheel| (wheel.digest, wheel.size));
        wheels.chain(packages.flat_map(LockedNodePackage::files)).collect()
    }
}

/// The environment lock of each runtime of a pack; absent if the runtime needs no environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentLocks {
    /// The Python environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<PythonLock>,
    /// The Node.js environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodejs: Option<NodeLock>,
}

/// A dependency file of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManifestFile {
    /// Where it is in the pack, for example `requirements.txt`.
    pub path: EntryPath,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// The room that a directory tree takes on disk.
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

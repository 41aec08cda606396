//! The runtime index: the interpreters that a registry carries, for hosts that have none.
//!
//! `runtimes/<sha256>.<runtime>.json`, a TUF target named `runtimes/<runtime>.json`,
//! `format: "attune.runtime.index/v1"`. An entry has everything that an installer plans from; its archive has
//! the form of a pack archive, which holds no links, so the links are listed.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::entry_path::EntryPath;
use crate::environment_lock::Footprint;
use crate::pack_index::ManifestPointer;
use crate::platform::Platform;
use crate::version::Version;

/// The `format` of a [`RuntimeIndex`].
pub const RUNTIME_INDEX_FORMAT: &str = "attune.runtime.index/v1";

/// A runtime whose interpreters a registry can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeName {
    /// CPython.
    Python,
    /// Node.js.
    Nodejs,
}

/// Why a text is no [`RuntimeName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a runtime that a registry carries; known are python and nodejs", .0.escape_debug())]
pub struct RuntimeNameError(String);

impl RuntimeName {
    /// Every runtime.
    pub const ALL: [Self; 2] = [Self::Python, Self::Nodejs];

    /// The TUF target that lists its interpreters.
    pub fn target_path(self) -> String {
        format!("runtimes/{self}.json")
    }
}

impl fmt::Display for RuntimeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Python => "python",
            Self::Nodejs => "nodejs",
        })
    }
}

impl FromStr for RuntimeName {
    type Err = RuntimeNameError;

    fn from_str(text: &str) -> Result<Self, RuntimeNameError> {
        Self::ALL
            .into_iter()
            .find(|name| name.to_string() == text)
            .ok_or_else(|| RuntimeNameError(text.to_owned()))
    }
}

/// The interpreters of one runtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuntimeIndex {
    /// Always [`RUNTIME_INDEX_FORMAT`].
    pub format: String,
    /// The runtime.
    pub runtime: RuntimeName,
    /// The interpreters, highest version first, then by platform.
    pub releases: Vec<RuntimeRelease>,
}

/// One interpreter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuntimeRelease {
    /// Its full version, `3.11.7` or `20.11.1`.
    pub version: Version,
    /// The machine that it runs on.
    pub platform: Platform,
    /// Digest and size of its archive.
    pub archive: ManifestPointer,
    /// The footprint of the unpacked archive.
    pub unpacked: Footprint,
    /// The program, relative to the unpacked archive.
    pub executable: EntryPath,
    /// Links in it, sorted by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<RuntimeLink>,
    /// Shared libraries of the operating system that it needs, by file name, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<String>,
    /// The oldest glibc that it runs on, such as `2.17`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glibc: Option<String>,
    /// The ABI of Node.js (`process.versions.modules`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abi: Option<String>,
    /// When it was published.
    #[schemars(with = "String")]
    pub published_at: Timestamp,
    /// Where it came from; for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// A link in an interpreter's directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RuntimeLink {
    /// The link.
    pub path: EntryPath,
    /// The file or directory that it leads to, both relative to the unpacked archive.
    pub target: EntryPath,
}

impl RuntimeIndex {
    /// An index without interpreters.
    pub fn empty(runtime: RuntimeName) -> Self {
        Self { format: RUNTIME_INDEX_FORMAT.to_owned(), runtime, releases: Vec::new() }
    }

    /// The interpreter of exactly `version` for `platform`.
    pub fn release(&self, version: &Version, platform: Platform) -> Option<&RuntimeRelease> {
        self.releases.iter().find(|release| release.version == *version && release.platform == platform)
    }

    /// Adds an interpreter, in order.
    pub fn insert(&mut self, release: RuntimeRelease) {
        self.releases
            .retain(|other| (&other.version, other.platform) != (&release.version, release.platform));
        self.releases.push(release);
        self.releases.sort_by(|a, b| b.version.cmp(&a.version).then(a.platform.cmp(&b.platform)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn release(version: &str, platform: &str) -> RuntimeRelease {
        RuntimeRelease {
            version: version.parse().unwrap(),
            platform: platform.parse().unwrap(),
            archive: ManifestPointer { digest: Digest::of(b""), size: 1 },
            unpacked: Footprint::default(),
            executable: "bin/python3".parse().unwrap(),
            links: Vec::new(),
            libraries: Vec::new(),
            glibc: None,
            abi: None,
            published_at: Timestamp::UNIX_EPOCH,
            origin: None,
        }
    }

    #[test]
    fn releases_are_kept_in_order_and_once() {
        let mut index = RuntimeIndex::empty(RuntimeName::Python);
        for version in ["3.9.18", "3.11.7", "3.11.10", "3.11.7"] {
            index.insert(release(version, "linux/amd64"));
        }
        index.insert(release("3.11.10", "linux/arm64"));
        let versions: Vec<String> =
            index.releases.iter().map(|release| release.version.to_string()).collect();
        assert_eq!(versions, ["3.11.10", "3.11.10", "3.11.7", "3.9.18"]);
        assert!(index.release(&"3.11.7".parse().unwrap(), "linux/amd64".parse().unwrap()).is_some());
    }

    #[test]
    fn names_round_trip() {
        for name in RuntimeName::ALL {
            assert_eq!(name.to_string().parse(), Ok(name));
        }
        assert!("ruby".parse::<RuntimeName>().is_err());
    }
}

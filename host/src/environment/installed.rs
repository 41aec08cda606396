//! An environment as a generation lists it.

use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::root::StoreKind;

/// The length and time of a file: another stamp may be another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStamp {
    /// Its length in bytes.
    pub bytes: u64,
    /// When it was modified, in nanoseconds since the epoch.
    pub modified: i64,
}

impl FileStamp {
    /// The stamp of the file at `path`; `None` where there is none.
    pub fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let found = fs_err::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        let modified = found.mtime().saturating_mul(1_000_000_000).saturating_add(found.mtime_nsec());
        Some(Self { bytes: found.len(), modified })
    }
}

/// The kind of an environment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentKind {
    /// A virtual environment of Python.
    #[default]
    Python,
    /// Node.js with its `node_modules`.
    Nodejs,
    /// An environment that the steps of a definition built.
    Recipe,
}

impl EnvironmentKind {
    /// The dependency file that workers look at, at the top of a pack; that of other runtimes their definition names.
    pub const fn manifest_file(self) -> Option<&'static str> {
        match self {
            Self::Python => Some("requirements.txt"),
            Self::Nodejs => Some("package.json"),
            Self::Recipe => None,
        }
    }

    /// The program that a worker executes, relative to the environment.
    pub const fn executable(self) -> &'static str {
        match self {
            Self::Python => "bin/python",
            Self::Nodejs => "bin/node",
            // Told by the environment itself.
            Self::Recipe => "",
        }
    }
}

/// An environment of an installed pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstalledEnvironment {
    /// Its kind.
    #[serde(default)]
    pub kind: EnvironmentKind,
    /// The digest under which the store keeps it.
    pub digest: Digest,
    /// The interpreter it is made for.
    pub interpreter: PathBuf,
    /// The stamp of the interpreter, by which an upgrade is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<FileStamp>,
    /// The program that a worker executes, if its kind does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executable: Option<PathBuf>,
    /// The entry of the store that the interpreter is from, if it is from the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Digest>,
    /// Content of the marker file: hex sha256 of the pack's dependency file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// The number of packages in it; absent where an earlier program made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<usize>,
    /// The wheels in it.
    #[serde(default)]
    pub wheels: Vec<Digest>,
    /// The npm packages in it, and what their install scripts made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub node_packages: Vec<Digest>,
}

impl InstalledEnvironment {
    /// It, as one of the pack that is unpacked in `tree`: with the marker that workers expect wherever the pack has a
    /// dependency file, also where its release does not name that, since nothing in it is a requirement.
    #[must_use]
    pub fn of_pack(mut self, tree: &Path) -> Self {
        if let (None, Some(name)) = (&self.marker, self.kind.manifest_file()) {
            let bytes = fs_err::read(tree.join(name)).ok();
            self.marker = bytes.map(|bytes| Digest::of(&bytes).hex());
        }
        self
    }

    /// The number of packages in it.
    pub fn package_count(&self) -> usize {
        self.packages.unwrap_or(self.wheels.len() + self.node_packages.len())
    }

    /// Whether its interpreter is there, and is still what it was.
    pub fn is_current(&self) -> bool {
        let now = FileStamp::of(&self.interpreter);
        // An earlier program wrote no stamps.
        now.is_some() && (self.stamp.is_none() || self.stamp == now)
    }

    /// The store entries that it uses, itself last.
    pub fn store_entries(&self) -> impl Iterator<Item = (StoreKind, Digest)> {
        let wheels = self.wheels.iter().map(|wheel| (StoreKind::Wheels, *wheel));
        let packages = self.node_packages.iter().map(|package| (StoreKind::Node, *package));
        let runtime = self.runtime.iter().map(|runtime| (StoreKind::Runtimes, *runtime));
        wheels.chain(packages).chain(runtime).chain([(StoreKind::Envs, self.digest)])
    }
}

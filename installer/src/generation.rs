//! A generation: everything that is installed at one moment, and its lock file `generation.json`.
//!
//! ```text
//! generations/42/
//!   generation.json
//!   packs/<ref> -> ../../../store/packs/<sha256>
//!   packenvs/<ref>/python/{bin,lib,lib64,pyvenv.cfg} -> ../../../../../store/envs/<sha256>/...
//!   packenvs/<ref>/python/.attune_deps_installed
//!   environments/<sha256>.json     what an environment is made of, to build it again
//!   packenvs/<ref>/nodejs/{bin,node_modules} -> ...; node.js -> nodejs, as workers call it
//! ```
//!
//!
//! An environment's directory is real and its entries are links, because the marker that Attune's
//! workers look for differs between packs that share an environment.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::blob::{Durability, replace_file_with};
use attune_schemas::{Digest, PackRef, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::host::{HostRoot, StoreKind};
use crate::nodejs::NodeInterpreter;
use crate::python::Interpreter;

/// The `format` of a [`Generation`].
pub const GENERATION_FORMAT: &str = "attune.generation/v1";

/// The lock file of a generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Always [`GENERATION_FORMAT`].
    pub format: String,
    /// Its number; grows by one with each install.
    pub id: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// The installed packs.
    pub packs: BTreeMap<PackRef, InstalledPack>,
    /// The interpreters that its environments use, by executable.
    #[serde(default)]
    pub interpreters: Vec<Interpreter>,
    /// The same of Node.js.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeInterpreter>,
}

/// A pack of a generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstalledPack {
    /// Its version.
    pub version: Version,
    /// Digest of the release manifest.
    pub manifest: Digest,
    /// Digest of the pack archive, under which the store keeps it.
    pub pack: Digest,
    /// The registry it came from.
    pub registry: String,
    /// Whether it was asked for, rather than needed by another.
    pub requested: bool,
    /// The packs it needs, with the requirement on each.
    #[serde(default)]
    pub dependencies: BTreeMap<PackRef, attune_schemas::Requirement>,
    /// Number of components by directory name.
    #[serde(default)]
    pub contents: BTreeMap<String, u64>,
    /// Directories of environments that could not be built, and that it goes without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_environments: Vec<String>,
    /// Its environments by runtime name.
    #[serde(default)]
    pub environments: BTreeMap<String, InstalledEnvironment>,
}

impl InstalledPack {
    /// The store entries that it uses.
    pub fn store_entries(&self) -> impl Iterator<Item = (StoreKind, Digest)> {
        let environments = self.environments.values().flat_map(InstalledEnvironment::store_entries);
        environments.chain([(StoreKind::Packs, self.pack)])
    }

    /// Whether all its environments are there, on interpreters that are still what they were.
    pub fn environments_are_current(&self) -> bool {
        self.failed_environments.is_empty()
            && self.environments.values().all(InstalledEnvironment::is_current)
    }
}

/// What a file looks like without reading it: another stamp may be another file.
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

/// What an environment is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentKind {
    /// A virtual environment of Python.
    #[default]
    Python,
    /// Node.js with its `node_modules`.
    Nodejs,
    /// What the steps of a definition built.
    Recipe,
}

impl EnvironmentKind {
    /// What a worker executes, relative to the environment.
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
    /// What it is.
    #[serde(default)]
    pub kind: EnvironmentKind,
    /// The digest under which the store keeps it.
    pub digest: Digest,
    /// The interpreter it is made for.
    pub interpreter: PathBuf,
    /// What the interpreter looked like, so that one that was upgraded is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<FileStamp>,
    /// What a worker executes, where its kind does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executable: Option<PathBuf>,
    /// The entry of the store that the interpreter is from, if it is from the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Digest>,
    /// Content of the marker file: hex sha256 of the pack's dependency file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marker: Option<String>,
    /// The wheels in it.
    #[serde(default)]
    pub wheels: Vec<Digest>,
    /// The npm packages in it, and what their install scripts made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub node_packages: Vec<Digest>,
}

impl InstalledEnvironment {
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

impl Generation {
    /// A generation without packs.
    pub fn empty() -> Self {
        Self {
            format: GENERATION_FORMAT.to_owned(),
            id: 0,
            created_at: Timestamp::UNIX_EPOCH,
            packs: BTreeMap::new(),
            interpreters: Vec::new(),
            nodes: Vec::new(),
        }
    }

    /// The active generation of `root`, or an empty one where nothing was installed yet.
    pub fn active(root: &HostRoot) -> io::Result<Self> {
        match root.active_generation()? {
            None => Ok(Self::empty()),
            Some(id) => Self::load(&root.generation(id)),
        }
    }

    /// Reads the lock file in `directory`.
    pub fn load(directory: &Path) -> io::Result<Self> {
        let path = directory.join("generation.json");
        let bytes = fs_err::read(&path)?;
        let generation: Self = serde_json::from_slice(&bytes).map_err(|error| invalid(&path, &error))?;
        if generation.format != GENERATION_FORMAT {
            return Err(invalid(&path, &format!("its format is `{}`", generation.format.escape_debug())));
        }
        Ok(generation)
    }

    /// Writes the lock file in `directory` anew, whole or not at all.
    pub(crate) fn save(&self, directory: &Path, durability: Durability) -> io::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(io::Error::from)?;
        bytes.push(b'\n');
        replace_file_with(&directory.join("generation.json"), &bytes, durability)
    }

    /// The Pythons that are still what they were when they were asked.
    pub fn unchanged_interpreters(&self) -> Vec<Interpreter> {
        let known = self.interpreters.iter();
        known.filter(|interpreter| self.is_unchanged(&interpreter.executable)).cloned().collect()
    }

    /// The same of Node.js.
    pub fn unchanged_nodes(&self) -> Vec<NodeInterpreter> {
        self.nodes.iter().filter(|interpreter| self.is_unchanged(&interpreter.executable)).cloned().collect()
    }

    fn is_unchanged(&self, executable: &Path) -> bool {
        let environments = self.packs.values().flat_map(|pack| pack.environments.values());
        let mut of_it = environments.filter(|environment| environment.interpreter == executable);
        of_it.any(InstalledEnvironment::is_current)
    }

    /// Where the description of an environment of the generation in `directory` is.
    pub fn description(directory: &Path, environment: &Digest) -> PathBuf {
        directory.join("environments").join(format!("{}.json", environment.hex()))
    }

    /// The store entries that this generation uses.
    pub fn store_entries(&self) -> impl Iterator<Item = (StoreKind, Digest)> {
        self.packs.values().flat_map(InstalledPack::store_entries)
    }
}

fn invalid(path: &Path, reason: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("`{}` is damaged: {reason}", path.display()))
}

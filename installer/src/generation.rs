//! A generation: everything that is installed at one moment, and its lock file `generation.json`.
//!
//! ```text
//! generations/42/
//!   generation.json
//!   packs/<ref> -> ../../../store/packs/<sha256>
//!   packenvs/<ref>/python/{bin,lib,lib64,pyvenv.cfg} -> ../../../../../store/envs/<sha256>/...
//!   packenvs/<ref>/python/.attune_deps_installed
//!   packenvs/<ref>/nodejs/{bin,node_modules} -> ...; node.js -> nodejs, as workers call it
//! ```
//!
//! An environment's directory is real and its entries are links, because the marker that Attune's
//! workers look for differs between packs that share an environment.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

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

    /// Whether the interpreters of its environments are still on the host.
    pub fn interpreters_are_present(&self) -> bool {
        self.environments.values().all(|environment| environment.interpreter.is_file())
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
    pub interpreter: std::path::PathBuf,
    /// What a worker executes, where its kind does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executable: Option<std::path::PathBuf>,
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

    /// The store entries that this generation uses.
    pub fn store_entries(&self) -> impl Iterator<Item = (StoreKind, Digest)> {
        self.packs.values().flat_map(InstalledPack::store_entries)
    }
}

fn invalid(path: &Path, reason: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("`{}` is damaged: {reason}", path.display()))
}

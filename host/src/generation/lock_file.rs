//! A generation: everything that is installed at one moment, and its lock file `generation.json`.
//!
//! ```text
//! generations/42/
//!   generation.json
//!   packs/<ref> -> ../../../store/packs/<sha256>
//!   packenvs/<ref>/python/{bin,lib,lib64,pyvenv.cfg} -> ../../../../../store/envs/<sha256>/...
//!   packenvs/<ref>/python/.attune_deps_installed
//!   environments/<sha256>.json     the description of an environment, to build it again
//!   releases/<ref>.json            the release's config, to write its rows again
//!   packenvs/<ref>/nodejs/{bin,node_modules} -> ...; node.js -> nodejs, as workers call it
//! ```
//!
//! An environment's directory is real and its entries are links, because the marker that Attune's
//! workers look for differs between packs that share an environment.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::tuf::THIS_HOST;
use attune_schemas::{Digest, PackRef, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::list_digests::ListDigests;
use super::test_summary::TestSummary;
use crate::environment::{EnvironmentDescription, EnvironmentName, FileStamp, InstalledEnvironment};
use crate::machine::Interpreter;
use crate::machine::NodeInterpreter;
use crate::root::{HostRoot, StoreKind, read_regular};

/// The `format` of a [`Generation`].
pub const GENERATION_FORMAT: &str = "attune.generation/v1";
/// The name of the lock file in the directory of its generation.
pub const LOCK_FILE: &str = "generation.json";

/// The lock file of a generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Always [`GENERATION_FORMAT`].
    pub format: String,
    /// Its number; grows by one with each install.
    pub id: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// The root whose path its scripts and rows carry; empty where an earlier program made it.
    #[serde(default)]
    pub root: PathBuf,
    /// The earlier generation whose packs it has, if it was made to go back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<u64>,
    /// The installed packs.
    pub packs: BTreeMap<PackRef, InstalledPack>,
    /// The interpreters that its environments use, by executable.
    #[serde(default)]
    pub interpreters: Vec<Interpreter>,
    /// The Node.js interpreters that its environments use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeInterpreter>,
    /// The digest of the list of files of each tree of the store that it uses.
    #[serde(default)]
    pub lists: ListDigests,
    /// The descriptions and releases beside it, by their paths in its directory.
    #[serde(default)]
    pub files: BTreeMap<String, KeptFile>,
}

/// A file in the directory of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Its size in bytes.
    pub bytes: u64,
    /// Its digest.
    pub digest: Digest,
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
    /// When it was installed; absent where an earlier program did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installed_at: Option<Timestamp>,
    /// The bytes of its release for this host: its archive, wheels and packages.
    #[serde(default)]
    pub size: u64,
    /// How its own tests ended; absent where none ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<TestSummary>,
    /// Number of components by directory name.
    #[serde(default)]
    pub contents: BTreeMap<String, u64>,
    /// The environments that could not be built, and that it goes without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_environments: Vec<EnvironmentName>,
    /// Its environments.
    #[serde(default)]
    pub environments: BTreeMap<EnvironmentName, InstalledEnvironment>,
}

impl InstalledPack {
    /// Whether nobody but this host signed it.
    pub fn is_unsigned(&self) -> bool {
        self.registry == THIS_HOST
    }

    /// The number of its environments; one counts once, however many names it has.
    pub fn environment_count(&self) -> usize {
        self.distinct_environments().len()
    }

    /// The number of packages in its environments.
    pub fn package_count(&self) -> usize {
        self.distinct_environments().values().map(|environment| environment.package_count()).sum()
    }

    fn distinct_environments(&self) -> BTreeMap<Digest, &InstalledEnvironment> {
        self.environments.values().map(|environment| (environment.digest, environment)).collect()
    }

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

impl Generation {
    /// A generation without packs.
    pub fn empty() -> Self {
        Self {
            format: GENERATION_FORMAT.to_owned(),
            id: 0,
            created_at: Timestamp::UNIX_EPOCH,
            root: PathBuf::new(),
            restored_from: None,
            packs: BTreeMap::new(),
            interpreters: Vec::new(),
            nodes: Vec::new(),
            lists: ListDigests::default(),
            files: BTreeMap::new(),
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
        Self::read(directory).map(|(generation, _)| generation)
    }

    /// The bytes of its lock file.
    pub(super) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(io::Error::from)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The digest of its lock file.
    pub fn digest(&self) -> io::Result<Digest> {
        Ok(Digest::of(&self.to_bytes()?))
    }

    /// The lock file in `directory`, with the digest of its bytes.
    pub fn load_with_digest(directory: &Path) -> io::Result<(Self, Digest)> {
        Self::read(directory).map(|(generation, bytes)| (generation, Digest::of(&bytes)))
    }

    fn read(directory: &Path) -> io::Result<(Self, Vec<u8>)> {
        let path = directory.join(LOCK_FILE);
        let bytes = read_regular(&path)?;
        let generation: Self = serde_json::from_slice(&bytes).map_err(|error| invalid(&path, &error))?;
        if generation.format != GENERATION_FORMAT {
            return Err(invalid(&path, &format!("its format is `{}`", generation.format.escape_debug())));
        }
        Ok((generation, bytes))
    }

    /// Whether its scripts and rows carry the path of another root than `root`.
    pub fn was_moved_to(&self, root: &HostRoot) -> bool {
        !self.root.as_os_str().is_empty() && self.root != root.path()
    }

    /// The Pythons that are still what they were when they were asked.
    pub fn unchanged_interpreters(&self) -> Vec<Interpreter> {
        let known = self.interpreters.iter();
        known.filter(|interpreter| self.is_unchanged(&interpreter.executable)).cloned().collect()
    }

    /// The Node.js interpreters that are still what they were when they were asked.
    pub fn unchanged_nodes(&self) -> Vec<NodeInterpreter> {
        self.nodes.iter().filter(|interpreter| self.is_unchanged(&interpreter.executable)).cloned().collect()
    }

    fn is_unchanged(&self, executable: &Path) -> bool {
        let environments = self.packs.values().flat_map(|pack| pack.environments.values());
        let mut of_it = environments.filter(|environment| environment.interpreter == executable);
        of_it.any(InstalledEnvironment::is_current)
    }

    /// Forgets the interpreters that no environment of its packs uses.
    pub fn forget_unused_interpreters(&mut self) {
        let environments = self.packs.values().flat_map(|pack| pack.environments.values());
        let used: BTreeSet<&Path> =
            environments.map(|environment| environment.interpreter.as_path()).collect();
        self.interpreters.retain(|known| used.contains(known.executable.as_path()));
        self.nodes.retain(|known| used.contains(known.executable.as_path()));
    }

    /// Where the description of an environment of the generation in `directory` is.
    pub fn description(directory: &Path, environment: &Digest) -> PathBuf {
        directory.join("environments").join(format!("{}.json", environment.hex()))
    }

    /// Replaces one environment, with what is known of its interpreter.
    pub fn set_environment(
        &mut self,
        pack: &PackRef,
        name: &EnvironmentName,
        installed: InstalledEnvironment,
        planned: &EnvironmentDescription,
    ) {
        match planned {
            EnvironmentDescription::Python(python) => {
                self.interpreters.retain(|known| known.executable != python.interpreter.executable);
                self.interpreters.push(python.interpreter.clone());
            }
            EnvironmentDescription::Node(node) => {
                self.nodes.retain(|known| known.executable != node.interpreter.executable);
                self.nodes.push(node.interpreter.clone());
            }
            EnvironmentDescription::Recipe(_) => {}
        }
        let installed = InstalledEnvironment { stamp: FileStamp::of(planned.interpreter()), ..installed };
        if let Some(pack) = self.packs.get_mut(pack) {
            // It stays one of the same pack, whose dependency file may be known by the pack's tree alone.
            let known = pack.environments.get(name).and_then(|known| known.marker.clone());
            let installed = InstalledEnvironment { marker: installed.marker.or(known), ..installed };
            let _previous = pack.environments.insert(name.clone(), installed);
        }
    }

    /// Reads the description of an environment of the generation in `directory`; `None` if it is not there, or
    /// in a form that this program does not know.
    pub fn load_description(
        directory: &Path,
        environment: &Digest,
    ) -> io::Result<Option<EnvironmentDescription>> {
        match read_regular(&Self::description(directory, environment)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            bytes => Ok(serde_json::from_slice(&bytes?).ok()),
        }
    }

    /// The store entries that this generation uses.
    pub fn store_entries(&self) -> impl Iterator<Item = (StoreKind, Digest)> {
        self.packs.values().flat_map(InstalledPack::store_entries)
    }
}

fn invalid(path: &Path, reason: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("`{}` is damaged: {reason}", path.display()))
}

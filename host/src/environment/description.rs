//! An environment, decided to the last file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_schemas::environment_lock::{BinLink, LockedNodePackage, LockedWheel};
use attune_schemas::runtime_definition::Recipe;
use attune_schemas::{Digest, EntryPath, PackRef};
use serde::{Deserialize, Serialize};

use super::installed::{EnvironmentKind, FileStamp, InstalledEnvironment};
use super::link_mode::LinkMode;
use super::name::EnvironmentName;
use super::template::{executable_of, templates_of};
use crate::machine::{Interpreter, NodeInterpreter};
use crate::root::{HostRoot, StoreKind};

/// The environments of a pack.
pub type PackEnvironments = BTreeMap<EnvironmentName, EnvironmentDescription>;

/// An environment to be there. Kept with the generation, so that it can be built again without its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum EnvironmentDescription {
    /// A virtual environment of Python.
    Python(PythonEnvironment),
    /// Node.js with its `node_modules`.
    Node(NodeEnvironment),
    /// An environment that the steps of a definition build.
    Recipe(RecipeEnvironment),
}

/// A Python environment, decided to the last wheel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PythonEnvironment {
    /// The digest under which the store keeps it.
    pub digest: Digest,
    /// The interpreter it is made for.
    pub interpreter: Interpreter,
    /// The entry of the store that the interpreter is from, if it is from the store.
    pub runtime: Option<Digest>,
    /// Its wheels, sorted by name.
    pub wheels: Vec<LockedWheel>,
    /// How files come into it.
    pub link_mode: LinkMode,
    /// The one pack that it is for, and that may write to it; without one it is shared and sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<PackRef>,
    /// Content of the marker file, where the pack has a dependency file.
    pub marker: Option<String>,
}

/// A Node.js environment, decided to the last package.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeEnvironment {
    /// The digest under which the store keeps it.
    pub digest: Digest,
    /// The interpreter it is made for.
    pub interpreter: NodeInterpreter,
    /// The entry of the store that the interpreter is from, if it is from the store.
    pub runtime: Option<Digest>,
    /// Its packages, sorted by path: each after the one that it is nested in.
    pub packages: Vec<LockedNodePackage>,
    /// Links to programs.
    pub bins: Vec<BinLink>,
    /// How files come into it.
    pub link_mode: LinkMode,
    /// The one pack that it is for, and that may write to it; without one it is shared and sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<PackRef>,
    /// Content of the marker file, where the pack has a dependency file.
    pub marker: Option<String>,
}

/// An environment that steps build, decided to the last step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecipeEnvironment {
    /// The digest under which the store keeps it.
    pub digest: Digest,
    /// The pack that it is for.
    pub pack_ref: PackRef,
    /// The digest of the pack's archive.
    pub pack: Digest,
    /// The runtime.
    pub runtime_ref: String,
    /// Its name.
    pub runtime_name: String,
    /// The version that it is for, where actions asked for one that the runtime lists.
    #[serde(default)]
    pub version: Option<String>,
    /// The steps, and what belongs to them.
    pub recipe: Recipe,
    /// Whether it is one of Node.js, whose npm needs a lock.
    pub is_node: bool,
    /// The host's program that it starts from.
    pub interpreter: PathBuf,
    /// The files that the steps find beside them.
    pub vendored: Vec<VendoredBlob>,
    /// Content of the marker file, where the pack has the dependency file.
    pub marker: Option<String>,
}

/// A vendored file that steps need as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendoredBlob {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Its name as published.
    pub name: String,
    /// Where npm is to lay it out.
    pub places: Vec<String>,
}

impl RecipeEnvironment {
    /// The same beside the places that are taken. Steps may write their place into what they build, so what is built
    /// anew needs one of its own, and with it another digest.
    #[must_use]
    pub fn beside(mut self, is_taken: impl Fn(&Digest) -> bool) -> Self {
        while is_taken(&self.digest) {
            self.digest = Digest::of(format!("{} again", self.digest).as_bytes());
        }
        self
    }

    /// The digest of the unpacked pack's dependency file, where it has one.
    fn read_marker(&self, root: &HostRoot) -> Option<String> {
        let name: EntryPath = self.recipe.manifest_file.as_ref()?.parse().ok()?;
        let bytes = fs_err::read(name.below(&root.store(StoreKind::Packs, &self.pack))).ok()?;
        Some(Digest::of(&bytes).hex())
    }
}

impl VendoredBlob {
    /// Its name beside others: pip wants the very name, npm any.
    pub fn file_name(&self) -> String {
        if self.places.is_empty() { self.name.clone() } else { format!("{}.tgz", self.digest.hex()) }
    }
}

impl EnvironmentDescription {
    /// The digest under which the store keeps it.
    pub const fn digest(&self) -> Digest {
        match self {
            Self::Python(environment) => environment.digest,
            Self::Node(environment) => environment.digest,
            Self::Recipe(environment) => environment.digest,
        }
    }

    /// The interpreter's executable.
    pub fn interpreter(&self) -> &Path {
        match self {
            Self::Python(environment) => &environment.interpreter.executable,
            Self::Node(environment) => &environment.interpreter.executable,
            Self::Recipe(environment) => &environment.interpreter,
        }
    }

    /// The entry of the store that the interpreter is from, if it is from the store.
    pub const fn runtime(&self) -> Option<Digest> {
        match self {
            Self::Python(environment) => environment.runtime,
            Self::Node(environment) => environment.runtime,
            Self::Recipe(_) => None,
        }
    }

    /// The one pack that may write to it, if there is one.
    pub const fn owner(&self) -> Option<&PackRef> {
        match self {
            Self::Python(environment) => environment.owner.as_ref(),
            Self::Node(environment) => environment.owner.as_ref(),
            Self::Recipe(_) => None,
        }
    }

    /// Number of packages in it.
    pub const fn package_count(&self) -> usize {
        match self {
            Self::Python(environment) => environment.wheels.len(),
            Self::Node(environment) => environment.packages.len(),
            Self::Recipe(environment) => environment.vendored.len(),
        }
    }

    /// Digest and size in bytes of the blobs that it is made of.
    pub fn blobs(&self) -> Vec<(Digest, u64)> {
        match self {
            Self::Python(environment) => {
                environment.wheels.iter().map(|wheel| (wheel.digest, wheel.size)).collect()
            }
            Self::Node(environment) => {
                environment.packages.iter().flat_map(LockedNodePackage::files).collect()
            }
            Self::Recipe(environment) => {
                environment.vendored.iter().map(|blob| (blob.digest, blob.size)).collect()
            }
        }
    }

    /// It, as a generation lists it, on the host `root`.
    pub fn installed(&self, root: &HostRoot) -> InstalledEnvironment {
        let executable = match self {
            Self::Recipe(recipe) => {
                let env = root.store(StoreKind::Envs, &recipe.digest);
                let templates = templates_of(recipe, &env, &root.store(StoreKind::Packs, &recipe.pack));
                Some(executable_of(recipe, &templates))
            }
            _ => None,
        };
        let (kind, wheels, node_packages, marker) = match self {
            Self::Python(environment) => {
                let wheels = environment.wheels.iter().map(|wheel| wheel.digest).collect();
                (EnvironmentKind::Python, wheels, Vec::new(), &environment.marker)
            }
            Self::Node(environment) => {
                let files = environment.packages.iter().flat_map(LockedNodePackage::files);
                let mut packages: Vec<Digest> = files.map(|(digest, _)| digest).collect();
                packages.sort_unstable();
                packages.dedup();
                (EnvironmentKind::Nodejs, Vec::new(), packages, &environment.marker)
            }
            Self::Recipe(environment) => {
                (EnvironmentKind::Recipe, Vec::new(), Vec::new(), &environment.marker)
            }
        };
        let marker = marker.clone().or_else(|| match self {
            Self::Recipe(recipe) => recipe.read_marker(root),
            _ => None,
        });
        InstalledEnvironment {
            kind,
            digest: self.digest(),
            interpreter: self.interpreter().to_owned(),
            stamp: FileStamp::of(self.interpreter()),
            executable,
            runtime: self.runtime(),
            marker,
            packages: Some(self.package_count()),
            wheels,
            node_packages,
        }
    }

    /// It, where it is one of Python.
    pub const fn as_python(&self) -> Option<&PythonEnvironment> {
        match self {
            Self::Python(environment) => Some(environment),
            _ => None,
        }
    }
}

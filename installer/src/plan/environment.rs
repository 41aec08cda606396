//! An environment, decided to the last file.

use std::collections::BTreeMap;
use std::path::Path;

use attune_schemas::Digest;
use attune_schemas::environment_lock::{BinLink, LockedNodePackage, LockedWheel};

use crate::generation::{EnvironmentKind, InstalledEnvironment};
use crate::link::LinkMode;
use crate::nodejs::NodeInterpreter;
use crate::python::Interpreter;

/// The environments of a pack, by the name of their directory: `python`, `nodejs`.
pub type PackEnvironments = BTreeMap<String, PlannedEnvironment>;

/// An environment to be there.
#[derive(Debug, Clone, PartialEq)]
pub enum PlannedEnvironment {
    /// A virtual environment of Python.
    Python(PythonEnvironment),
    /// Node.js with its `node_modules`.
    Node(NodeEnvironment),
}

/// A Python environment, decided to the last wheel.
#[derive(Debug, Clone, PartialEq)]
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
    /// Content of the marker file, where the pack has a dependency file.
    pub marker: Option<String>,
}

/// A Node.js environment, decided to the last package.
#[derive(Debug, Clone, PartialEq)]
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
    /// Content of the marker file, where the pack has a dependency file.
    pub marker: Option<String>,
}

impl PlannedEnvironment {
    /// The digest under which the store keeps it.
    pub const fn digest(&self) -> Digest {
        match self {
            Self::Python(environment) => environment.digest,
            Self::Node(environment) => environment.digest,
        }
    }

    /// The interpreter's executable.
    pub fn interpreter(&self) -> &Path {
        match self {
            Self::Python(environment) => &environment.interpreter.executable,
            Self::Node(environment) => &environment.interpreter.executable,
        }
    }

    /// The entry of the store that the interpreter is from, if it is from the store.
    pub const fn runtime(&self) -> Option<Digest> {
        match self {
            Self::Python(environment) => environment.runtime,
            Self::Node(environment) => environment.runtime,
        }
    }

    /// Number of packages in it.
    pub const fn package_count(&self) -> usize {
        match self {
            Self::Python(environment) => environment.wheels.len(),
            Self::Node(environment) => environment.packages.len(),
        }
    }

    /// It, as a generation lists it.
    pub fn installed(&self) -> InstalledEnvironment {
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
        };
        InstalledEnvironment {
            kind,
            digest: self.digest(),
            interpreter: self.interpreter().to_owned(),
            runtime: self.runtime(),
            marker: marker.clone(),
            wheels,
            node_packages,
        }
    }

    /// It, where it is one of Python.
    pub const fn as_python(&self) -> Option<&PythonEnvironment> {
        match self {
            Self::Python(environment) => Some(environment),
            Self::Node(_) => None,
        }
    }
}

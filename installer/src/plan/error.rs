//! Why a host cannot take what was chosen.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use attune_host::machine::InterpreterError;
use attune_registry::reader::ReaderError;
use attune_registry::release_check::ReleaseFault;
use attune_registry::system_libraries::SystemLibrary;
use attune_schemas::{PackRef, Platform, PythonMinor, Version};

use crate::source::FindError;

/// A shared library that the host lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingLibrary {
    /// Its file name.
    pub library: String,
    /// The wheels that need it.
    pub wheels: BTreeSet<String>,
}

impl fmt::Display for MissingLibrary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wheels: Vec<String> = self.wheels.iter().map(|wheel| format!("`{wheel}`")).collect();
        write!(f, "{}, for {}", self.library, wheels.join(" and "))?;
        match SystemLibrary::of_shared(&self.library) {
            Some(known) => write!(f, " ({}; {})", known.name, known.runtime),
            None => Ok(()),
        }
    }
}

/// Why a plan could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The interpreters that the source carries cannot be read.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// A known registry cannot be read.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The release cannot be laid out on any host.
    #[error("{pack} {version} cannot be installed anywhere")]
    Release {
        /// The pack.
        pack: PackRef,
        /// Its version.
        version: Version,
        /// The fault.
        #[source]
        source: Box<ReleaseFault>,
    },
    /// The interpreter that was named cannot be used.
    #[error(transparent)]
    Interpreter(#[from] InterpreterError),
    /// No interpreter on the host will do.
    #[error("pack `{pack}` needs {needed}; found {found}")]
    NoInterpreter {
        /// The pack.
        pack: PackRef,
        /// The need, in words.
        needed: String,
        /// The versions on the host, in words.
        found: String,
    },
    /// No Node.js on the host will do.
    #[error("pack `{pack}` needs {needed}; found {found}")]
    NoNode {
        /// The pack.
        pack: PackRef,
        /// The need, in words.
        needed: String,
        /// The versions on the host, in words.
        found: String,
    },
    /// `NODE_PATH`, a list that colons separate, cannot name a directory below the root.
    #[error("the npm packages of pack `{pack}` cannot be found in `{}`: its path has a colon", root.display())]
    RootWithColon {
        /// The pack.
        pack: PackRef,
        /// The root.
        root: PathBuf,
    },
    /// A runtime that is data cannot be used.
    #[error("pack `{pack}` cannot use the runtime `{runtime}`: {reason}")]
    Runtime {
        /// The pack.
        pack: PackRef,
        /// The runtime.
        runtime: String,
        /// Why.
        reason: String,
    },
    /// The machine kept the programs of a runtime from answering.
    #[error("could not determine whether this host has the runtime `{runtime}` of pack `{pack}`")]
    NoAnswer {
        /// The pack.
        pack: PackRef,
        /// The runtime.
        runtime: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// There is no place for temporary files.
    #[error("could not create a temporary directory")]
    Scratch(#[source] std::io::Error),
    /// No version of a runtime on the host satisfies an action.
    #[error(
        "`{component}` of pack `{pack}` needs {needed}: this host has no such version, or the release was not built for it"
    )]
    NoVersion {
        /// The pack.
        pack: PackRef,
        /// The action or sensor.
        component: String,
        /// The need, in words.
        needed: String,
    },
    /// The release was made for other machines or Pythons.
    #[error("pack `{pack}` does not install on {here}: its release was built for {built_for}")]
    OtherTarget {
        /// The pack.
        pack: PackRef,
        /// This host, in words.
        here: String,
        /// The targets of the release, in words.
        built_for: String,
    },
    /// The bundle was made for other machines or Pythons.
    #[error(
        "the bundle was made for Python {pythons} on {platforms}; pack `{pack}` needs Python {python} on \
         {platform} here"
    )]
    OtherBundle {
        /// The pack.
        pack: PackRef,
        /// This host's platform.
        platform: Platform,
        /// This host's Python.
        python: PythonMinor,
        /// The bundle's platforms, in words.
        platforms: String,
        /// The bundle's Pythons, in words.
        pythons: String,
    },
    /// A wheel does not fit the interpreter.
    #[error("pack `{pack}`: wheel `{filename}` is not for {interpreter}: {reason}")]
    WheelTags {
        /// The pack.
        pack: PackRef,
        /// The wheel.
        filename: String,
        /// The interpreter, in words.
        interpreter: String,
        /// The difference.
        reason: String,
    },
    /// Shared libraries that wheels need are not on the host.
    #[error("pack `{pack}` needs libraries that this host lacks:{}", lines(missing))]
    MissingLibraries {
        /// The pack.
        pack: PackRef,
        /// The libraries.
        missing: Vec<MissingLibrary>,
    },
    /// Shared libraries that a carried interpreter needs are not on the host.
    #[error("the carried interpreter {version} needs libraries that this host lacks:{}", lines(missing))]
    RuntimeLibraries {
        /// Its version.
        version: Version,
        /// The libraries.
        missing: Vec<MissingLibrary>,
    },
    /// The disk is too small.
    #[error("`{}` has {available} free, the installation needs {needed}", path.display())]
    NoSpace {
        /// A directory on the disk.
        path: PathBuf,
        /// The need, for people.
        needed: String,
        /// The versions on the host, for people.
        available: String,
    },
    /// The free space cannot be told.
    #[error("could not determine the free space of `{}`", path.display())]
    Space {
        /// A directory on the disk.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

fn lines(missing: &[MissingLibrary]) -> String {
    missing.iter().fold(String::new(), |text, library| text + "\n  " + &library.to_string())
}

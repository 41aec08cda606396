//! Why a host cannot take what was chosen.

use std::path::PathBuf;

use attune_schemas::{FailureKind, PackRef, Platform, PythonMinor, Version};

use super::libraries::MissingLibrary;

/// Why a plan could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// No interpreter on the host will do.
    #[error("pack `{pack}` needs {needed}; found {found}")]
    NoInterpreter {
        /// The pack.
        pack: PackRef,
        /// What it needs, in words.
        needed: String,
        /// What the host has, in words.
        found: String,
    },
    /// No Node.js on the host will do.
    #[error("pack `{pack}` needs {needed}; found {found}")]
    NoNode {
        /// The pack.
        pack: PackRef,
        /// What it needs, in words.
        needed: String,
        /// What the host has, in words.
        found: String,
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
    /// No version of a runtime on the host satisfies an action.
    #[error(
        "`{component}` of pack `{pack}` needs {needed}, which this host has not, or the release was not made for"
    )]
    NoVersion {
        /// The pack.
        pack: PackRef,
        /// The action or sensor.
        component: String,
        /// What it needs, in words.
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
        /// What does not fit.
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
    #[error(
        "the interpreter {version} that comes along needs libraries that this host lacks:{}",
        lines(missing)
    )]
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
        /// What it needs, for people.
        needed: String,
        /// What there is, for people.
        available: String,
    },
    /// The free space cannot be told.
    #[error("could not tell the free space of `{}`", path.display())]
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

impl PlanError {
    /// Which exit code this is.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::NoInterpreter { .. }
            | Self::NoNode { .. }
            | Self::NoVersion { .. }
            | Self::Runtime { .. }
            | Self::OtherTarget { .. }
            | Self::OtherBundle { .. }
            | Self::WheelTags { .. }
            | Self::MissingLibraries { .. }
            | Self::RuntimeLibraries { .. } => FailureKind::Environment,
            Self::NoSpace { .. } | Self::Space { .. } => FailureKind::Failed,
        }
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoInterpreter { .. } => "install such a Python, or name one with --python /path/to/python3",
            Self::Runtime { .. } => "install the runtime, or report its definition to the pack's publisher",
            Self::NoVersion { .. } => {
                "install such a version, or have the release built for one that is here"
            }
            Self::NoNode { .. } => "install such a Node.js, or name one with --node /path/to/node",
            Self::OtherTarget { .. } | Self::WheelTags { .. } => {
                "name a Python that fits with --python, or have a release built for this host: \
                 `attune-build add` a new version with its --platform and --python"
            }
            Self::OtherBundle { platform, python, .. } => {
                return Some(format!(
                    "make one for this host: `attune-build bundle REGISTRY PACK... --platform {platform} \
                     --python {python}`"
                ));
            }
            Self::MissingLibraries { .. } | Self::RuntimeLibraries { .. } => {
                "install them, or go on without them with --ignore-missing-libraries"
            }
            Self::NoSpace { .. } => "make room there, or choose another place with --root",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

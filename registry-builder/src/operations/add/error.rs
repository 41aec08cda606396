//! Why no pack was added.

use std::collections::BTreeSet;
use std::path::PathBuf;

use attune_registry::pack_directory::PackDirectoryError;
use attune_registry::trust::{KeyError, PublishError};
use attune_schemas::lint::{Findings, Severity};
use attune_schemas::{PackRef, Version};

use crate::pack::{ReleaseError, RuntimeVersionError};
use crate::registry::RegistryError;
use crate::targets::NoDefaultTarget;
use crate::vendoring::node::NodeError;
use crate::vendoring::python::PythonError;

/// Packs that have errors.
#[derive(Debug, thiserror::Error)]
#[error("{} in {}; nothing was added", counted(self.errors()), names(&self.packs))]
pub struct LintFailure {
    /// Every finding, by pack as it was named.
    pub packs: Vec<(String, Findings)>,
}

impl LintFailure {
    /// The number of errors.
    pub fn errors(&self) -> usize {
        self.packs.iter().map(|(_, findings)| findings.count(Severity::Error)).sum()
    }
}

/// Why no pack was added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddError {
    /// Packs have errors.
    #[error(transparent)]
    Lint(#[from] LintFailure),
    /// A directory is not one of a pack.
    #[error(transparent)]
    Directory(#[from] PackDirectoryError),
    /// Two of the packs have the same ref.
    #[error("`{}` and `{}` are both pack `{pack}`", first.display(), second.display())]
    SamePack {
        /// The pack.
        pack: PackRef,
        /// The first.
        first: PathBuf,
        /// The second.
        second: PathBuf,
    },
    /// A release with this version and other content is published already.
    #[error("{pack} {version} is published already, with {difference}")]
    VersionTaken {
        /// The pack.
        pack: PackRef,
        /// The version.
        version: Version,
        /// The difference.
        difference: String,
    },
    /// The Python dependencies of a pack could not be vendored.
    #[error("could not vendor the dependencies of pack `{pack}`")]
    Python {
        /// The pack.
        pack: PackRef,
        /// The cause.
        #[source]
        source: Box<PythonError>,
    },
    /// The Node.js dependencies of a pack could not be vendored.
    #[error("could not vendor the dependencies of pack `{pack}`")]
    Node {
        /// The pack.
        pack: PackRef,
        /// The cause.
        #[source]
        source: Box<NodeError>,
    },
    /// Each runtime is served somewhere, and nowhere both.
    #[error("pack `{pack}` would install on nothing that was asked for:{}", lines(blames))]
    InstallsNowhere {
        /// The pack.
        pack: PackRef,
        /// Everyone to blame, once each.
        blames: BTreeSet<String>,
    },
    /// An action or sensor asks for a version of its runtime that nothing is built for.
    #[error(transparent)]
    RuntimeVersion(#[from] RuntimeVersionError),
    /// No target was named and this machine is none.
    #[error(transparent)]
    NoDefaultTarget(#[from] NoDefaultTarget),
    /// The pack cannot be made into a release.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The registry could not be read or published to.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A key could not be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The metadata cannot be signed.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

fn counted(errors: usize) -> String {
    format!("{errors} error{}", if errors == 1 { "" } else { "s" })
}

fn names(packs: &[(String, Findings)]) -> String {
    packs.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn lines(blames: &BTreeSet<String>) -> String {
    blames.iter().fold(String::new(), |text, blame| text + "\n  " + blame)
}

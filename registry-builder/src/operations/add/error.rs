//! Why no pack was added.

use std::collections::BTreeSet;

use attune_registry::origin::OriginError;
use attune_registry::packing::ReleaseError;
use attune_registry::trust::{KeyError, PublishError};
use attune_schemas::{PackRef, Version};

use super::super::checked::CheckError;
use crate::pack::RuntimeVersionError;
use crate::registry::RegistryError;
use crate::targets::NoDefaultTarget;
use crate::vendoring::node::NodeError;
use crate::vendoring::python::PythonError;

/// Why no pack was added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddError {
    /// Packs cannot be read, have errors, or hold secrets.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// A pack could not be obtained from its source.
    #[error(transparent)]
    Origin(#[from] OriginError),
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
    #[error("pack `{pack}` installs on none of the requested targets:{}", lines(blames))]
    InstallsNowhere {
        /// The pack.
        pack: PackRef,
        /// Everyone to blame, once each.
        blames: BTreeSet<String>,
    },
    /// A target that was asked for cannot be served.
    #[error("pack `{pack}` does not install on all requested targets; nothing was added:{}", lines(blames))]
    TargetsMissing {
        /// The pack.
        pack: PackRef,
        /// Every such target with who is to blame.
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

fn lines(blames: &BTreeSet<String>) -> String {
    blames.iter().fold(String::new(), |text, blame| text + "\n  " + blame)
}

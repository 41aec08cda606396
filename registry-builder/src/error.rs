//! Why a build failed; which exit code that is and what to do about it stands in `advice`.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use attune_registry::archive::ArchiveError;
use attune_registry::blob::BlobError;
use attune_registry::bundle::BundleError;
use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_registry::trust::{KeyError, MetadataError, PublishError, TrustError};
use attune_schemas::entry_path::EntryPathError;
use attune_schemas::platform::PlatformError;
use attune_schemas::runtime_index::RuntimeName;
use attune_schemas::{PackRef, Version};

use crate::runtime::RuntimeError;
use crate::vendor::VendorError;

/// Why a build failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// There is something already where a registry should be made.
    #[error("`{}` is not empty", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// There is no registry.
    #[error("`{}` is not a registry: it has no metadata/1.root.json", path.display())]
    NotARegistry {
        /// The directory.
        path: PathBuf,
    },
    /// Another publisher holds the registry.
    #[error("another attune-build is working on `{}`", path.display())]
    Busy {
        /// The registry.
        path: PathBuf,
    },
    /// Packs have errors; the findings are in the report.
    #[error("{errors} error{} in {}; nothing was added", if *errors == 1 { "" } else { "s" }, packs.join(", "))]
    Lint {
        /// Number of errors.
        errors: usize,
        /// The packs, as they were named.
        packs: Vec<String>,
        /// Every finding, for whoever renders it.
        findings: Vec<(String, attune_schemas::lint::Findings)>,
    },
    /// There is no pack where one was named.
    #[error("`{}` is not a pack's directory: {reason}", path.display())]
    NotAPack {
        /// What was named.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The bundle cannot be written where it should be.
    #[error("a bundle cannot be written to `{}`: {reason}", path.display())]
    OutputPath {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
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
        /// What differs.
        difference: String,
    },
    /// A file of a pack has a name that cannot be archived.
    #[error("a file in `{}` cannot be archived", directory.display())]
    FileName {
        /// The pack's directory.
        directory: PathBuf,
        /// The cause.
        #[source]
        source: EntryPathError,
    },
    /// A file of a pack is neither a file nor a directory, or leads out of the pack.
    #[error("`{}` cannot be archived: {reason}", path.display())]
    FileKind {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// Vendoring the dependencies of a pack failed.
    #[error("could not vendor the dependencies of pack `{pack}`")]
    Vendor {
        /// The pack.
        pack: PackRef,
        /// The cause.
        #[source]
        source: Box<VendorError>,
    },
    /// An action or sensor asks for a version of its runtime that nothing is built for.
    #[error("`{component}` of pack `{pack}` could run nowhere: {reason}")]
    RuntimeVersion {
        /// The pack.
        pack: PackRef,
        /// The action or sensor.
        component: String,
        /// Why.
        reason: String,
    },
    /// Each runtime is served somewhere, and nowhere both.
    #[error("pack `{pack}` would install on nothing that was asked for:{}", lines(blames))]
    InstallsNowhere {
        /// The pack.
        pack: PackRef,
        /// Everyone to blame, once each.
        blames: BTreeSet<String>,
    },
    /// A pack that is asked for is not there.
    #[error("pack `{pack}` is not there")]
    NoPack {
        /// The pack.
        pack: PackRef,
    },
    /// An interpreter cannot be carried.
    #[error("could not add the {runtime} interpreter")]
    Runtime {
        /// The runtime.
        runtime: RuntimeName,
        /// The cause.
        #[source]
        source: Box<RuntimeError>,
    },
    /// A bundle is to have an interpreter that the registry does not carry.
    #[error("the registry carries no {wanted}")]
    NoRuntime {
        /// What was wanted, in words.
        wanted: String,
    },
    /// A release in a bundle has nothing for the targets asked for.
    #[error("{pack} {version} has nothing for {wanted}; it was built for {built_for}")]
    NoTarget {
        /// The pack.
        pack: PackRef,
        /// The version.
        version: Version,
        /// What was asked for.
        wanted: String,
        /// What it has.
        built_for: String,
    },
    /// No target was named and this machine is none.
    #[error("could not tell this machine's {what}")]
    NoDefaultTarget {
        /// What could not be told.
        what: &'static str,
    },
    /// A platform or Python is not one.
    #[error(transparent)]
    Target(#[from] PlatformError),
    /// A pack archive could not be written.
    #[error("could not archive pack `{pack}`")]
    Archive {
        /// The pack.
        pack: PackRef,
        /// The cause.
        #[source]
        source: ArchiveError,
    },
    /// A blob of the registry is missing or damaged.
    #[error("the registry has a damaged blob")]
    Blob(#[from] BlobError),
    /// A file of the registry could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A bundle could not be written.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The metadata could not be verified.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The metadata could not be signed.
    #[error(transparent)]
    Publish(PublishError),
    /// A key file could not be read or written.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A threshold was given for bins that there are not to be.
    #[error("a threshold for bins was given, and no bins")]
    ThresholdWithoutBins,
    /// Nothing was prepared.
    #[error("there is no draft of a next root at `{}`", path.display())]
    NoDraft {
        /// Where it would be.
        path: PathBuf,
    },
    /// A draft that needs more signatures.
    #[error("the next root needs more signatures: {missing}")]
    NotEnoughSignatures {
        /// The draft.
        draft: PathBuf,
        /// Whose, in words.
        missing: String,
    },
    /// Nothing to sign with.
    #[error("there is no key to sign with")]
    NoSigningKey,
    /// The registry is not what its metadata says.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// No set of releases will do.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The result could not be written to standard output; what was asked for is done.
    #[error("done, but the result could not be written to standard output")]
    Output(#[source] io::Error),
    /// Reading or writing failed.
    #[error("could not read or write a file")]
    Io(#[from] io::Error),
}

impl From<MetadataError> for BuildError {
    fn from(error: MetadataError) -> Self {
        Self::Trust(error.into())
    }
}

impl From<PublishError> for BuildError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Trust(error) => Self::Trust(error),
            PublishError::Key(error) => Self::Key(error),
            error => Self::Publish(error),
        }
    }
}

fn lines(blames: &BTreeSet<String>) -> String {
    blames.iter().fold(String::new(), |text, blame| text + "\n  " + blame)
}

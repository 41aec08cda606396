//! Why no bundle was written.

use std::io;
use std::path::PathBuf;

use attune_registry::bundle::BundleError;
use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_schemas::{PackRef, Version};

use crate::registry::RegistryError;
use crate::targets::NoDefaultTarget;

/// Why no bundle was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CutError {
    /// The bundle cannot be written where it should be.
    #[error("a bundle cannot be written to `{}`: {reason}", path.display())]
    OutputPath {
        /// The file.
        path: PathBuf,
        /// The fault.
        reason: &'static str,
    },
    /// The registry does not carry an interpreter that the bundle is to have.
    #[error("the registry carries no {wanted}")]
    NoRuntime {
        /// The interpreter, in words.
        wanted: String,
    },
    /// A release has nothing for the targets asked for.
    #[error("{pack} {version} was not built for {wanted}; it was built for {built_for}")]
    NoTarget {
        /// The pack.
        pack: PackRef,
        /// The version.
        version: Version,
        /// The target asked for.
        wanted: String,
        /// The targets that it has.
        built_for: String,
    },
    /// No target was named and this machine is none.
    #[error(transparent)]
    NoDefaultTarget(#[from] NoDefaultTarget),
    /// The registry could not be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The registry is not what its metadata says.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// No set of releases will do.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The bundle could not be written.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A disk failed.
    #[error("could not read or write a file")]
    Io(#[from] io::Error),
}

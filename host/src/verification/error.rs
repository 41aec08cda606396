//! Why a host could not be verified.

use std::io;
use std::path::PathBuf;

use attune_schemas::PackRef;

use crate::database::DatabaseError;
use crate::process::Interrupted;
use crate::root::RootError;

/// Why a host could not be verified. What is wrong with one that could be is no error.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
    /// The root cannot be read.
    #[error(transparent)]
    Root(#[from] RootError),
    /// There is nothing at the root.
    #[error("there is no root at `{}`", root.display())]
    NoRoot {
        /// The root.
        root: PathBuf,
    },
    /// Nothing was ever installed to the root.
    #[error("nothing is installed in `{}`", root.display())]
    NothingInstalled {
        /// The root.
        root: PathBuf,
    },
    /// A pack is not installed.
    #[error("pack `{pack}` is not installed in `{}`", root.display())]
    NotInstalled {
        /// The pack.
        pack: PackRef,
        /// The root.
        root: PathBuf,
    },
    /// The machine failed while something was read.
    #[error("could not verify `{}`", path.display())]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The machine failed while the database was read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

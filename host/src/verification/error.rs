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
    /// There is no root, nothing was ever installed to it, or it cannot be read.

    #[error(transparent)]
    Root(#[from] RootError),

    /// A pack is not installed.
    #[error(
        "pack `{pack}` is not installed{}",
        similar.as_ref().map(|similar| format!("; did you mean `{similar}`?")).unwrap_or_default()
    )]
    NotInstalled {
        /// The pack.
        pack: PackRef,
        /// An installed one whose name is much like its own.
        similar: Option<PackRef>,
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

//! Why there is no backup, or none that can be used.

use std::io;
use std::path::PathBuf;

use attune_registry::blob::BlobError;
use attune_schemas::{PackRef, Version};

use crate::database::DatabaseError;
use crate::local::LocalError;
use crate::process::Interrupted;
use crate::root::RootError;

/// Why there is no backup, or none that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The configuration of packs cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The host's own key does not sign.
    #[error("the backup cannot be signed")]
    Sign(#[from] LocalError),
    /// There is a file already.
    #[error("there is a file `{}` already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// It would be among the files of the root.
    #[error("a backup cannot be in the root itself: `{}`", path.display())]
    InRoot {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("the backup `{}` could not be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// It cannot be read.
    #[error("the backup `{}` could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Files of a pack are not as they were installed.
    #[error("pack `{pack}` cannot be backed up: {reason}")]
    NotWhole {
        /// The pack.
        pack: PackRef,
        /// The defect.
        reason: String,
    },
    /// A file of the store has other bytes than its list says.
    #[error("a file of the store cannot be backed up")]
    File(#[source] BlobError),
    /// It is no backup, or was damaged.
    #[error("`{}` is no backup, or is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The defect.
        reason: String,
    },
    /// It does not carry the signature of this host.
    #[error("the backup `{}` was not made by this host, or was changed", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// It has no such pack.
    #[error("there is no pack `{pack}` in the backup; there are {}", in_words(there))]
    NoPack {
        /// The pack.
        pack: PackRef,
        /// Those that are there.
        there: Vec<PackRef>,
    },
    /// The pack is installed in another release.
    #[error("pack `{pack}` is installed in version {installed}, and not as the backup has it, {version}")]
    Installed {
        /// The pack.
        pack: PackRef,
        /// The version that is installed.
        installed: Version,
        /// The version of the backup.
        version: Version,
    },
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

fn in_words(packs: &[PackRef]) -> String {
    packs.iter().map(|pack| format!("`{pack}`")).collect::<Vec<_>>().join(", ")
}

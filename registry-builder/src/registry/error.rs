//! Why a registry could not be read or published to.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::reader::ReaderError;
use attune_registry::trust::{MetadataError, PublishError, TrustError};
use jiff::Timestamp;

/// Why a registry could not be read or published to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// There is no registry.
    #[error("`{}` is not a registry: it {}", path.display(), lack(path))]
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
    /// The file system keeps no locks, so that two publishers would not see each other.
    #[error("`{}` cannot be locked against other publishers", path.display())]
    NoLock {
        /// The registry.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The clock jumped since the last signature.
    #[error("the clock says {now}, {days} days after the last signature ({last})")]
    ClockJump {
        /// The clock's time.
        now: Timestamp,
        /// The time of the last signature.
        last: Timestamp,
        /// The days between.
        days: i64,
    },
    /// The metadata could not be verified.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The metadata could not be signed.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The registry is not what its metadata says.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// A disk failed.
    #[error("could not read or write a file")]
    Io(#[from] io::Error),
}

fn lack(path: &Path) -> &'static str {
    if path.exists() { "has no metadata/1.root.json" } else { "does not exist" }
}

impl From<MetadataError> for RegistryError {
    fn from(error: MetadataError) -> Self {
        Self::Trust(error.into())
    }
}

//! Why a blob could not be fetched or unpacked.

use std::error::Error;
use std::io;

use attune_host::process::Interrupted;
use attune_registry::archive::ArchiveError;
use attune_registry::machine_fault::MachineFault;
use attune_registry::release_check::WheelError;
use attune_registry::source::SourceError;
use attune_schemas::Digest;

/// Why a blob could not be unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// A pack archive is damaged or hostile.
    #[error("pack archive {digest} {}", judged(source))]
    Archive {
        /// The archive.
        digest: Digest,
        /// The cause.
        #[source]
        source: ArchiveError,
    },
    /// A wheel is damaged or hostile.
    #[error("wheel `{filename}` {}", judged(source))]
    Wheel {
        /// The wheel.
        filename: String,
        /// The cause.
        #[source]
        source: WheelError,
    },
    /// An npm package is damaged or hostile.
    #[error("npm package `{name}` {}", judged(source))]
    NodePackage {
        /// The package.
        name: String,
        /// The cause.
        #[source]
        source: ArchiveError,
    },
    /// The source could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// Writing to disk failed.
    #[error("could not write the unpacked files")]
    Io(#[from] io::Error),
}

/// Refused is what was seen to be bad; where the machine failed, nobody knows.
fn judged(cause: &(dyn Error + 'static)) -> &'static str {
    if MachineFault::of(cause).is_some() { "could not be unpacked" } else { "is refused" }
}

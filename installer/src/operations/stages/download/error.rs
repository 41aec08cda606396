//! Why packs could not be downloaded.

use std::io;
use std::path::PathBuf;

use attune_host::process::Interrupted;
use attune_registry::archive::ArchiveError;
use attune_registry::origin::OriginError;
use attune_registry::source::SourceError;
use attune_schemas::problem::ErrorCode;

use crate::failure::{Failed, code_of};
use crate::operations::stages::pack_file::PackFileError;
use crate::plan::ChooseError;
use crate::source::PackSourceError;

/// Why nothing was downloaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// Sources are unsigned, and that was not allowed.
    #[error("nobody signed {}", unsigned(sources))]
    Unsigned {
        /// The sources.
        sources: Vec<String>,
    },
    /// The destination cannot be written.
    #[error("`{}` cannot be written", path.display())]
    Destination {
        /// The directory.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

fn unsigned(sources: &[String]) -> String {
    sources.iter().map(|source| format!("`{source}`")).collect::<Vec<_>>().join(", ")
}

/// Why one source failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceFailure {
    /// It could not be obtained.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// It holds no pack.
    #[error(transparent)]
    Pack(#[from] PackFileError),
    /// It holds another pack than the one that was promised.
    #[error("`{source_name}` holds {found}, and {expected} was promised")]
    OtherPack {
        /// The source.
        source_name: String,
        /// The pack that was promised.
        expected: String,
        /// The pack that is there.
        found: String,
    },
    /// A registry or bundle cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A registry or bundle is not trusted.
    #[error(transparent)]
    Verify(#[from] PackSourceError),
    /// A registry has no such release.
    #[error(transparent)]
    Choose(#[from] ChooseError),
    /// A registry's directory was named where a bundle belongs.
    #[error("{0} is a registry, of which no pack was named")]
    WholeRegistry(String),
    /// A pack was named by its ref, and no registry.
    #[error("the host knows no registry, and none was named")]
    NoRegistry,
    /// An archive is not what its release says.
    #[error("the archive of {pack} cannot be unpacked")]
    Archive {
        /// The pack and its version.
        pack: String,
        /// The fault.
        #[source]
        source: ArchiveError,
    },
    /// The places of a pack are taken by something else.
    #[error("`{}` is there already, and is not {pack}", place.display())]
    Taken {
        /// The pack and its version.
        pack: String,
        /// The last place that was tried.
        place: PathBuf,
    },
    /// The pack could not be written.
    #[error("the pack could not be written to `{}`", place.display())]
    Write {
        /// The place.
        place: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl SourceFailure {
    /// Whether it failed since somebody asked to stop.
    pub const fn is_interruption(&self) -> bool {
        matches!(self, Self::Interrupted(_) | Self::Origin(OriginError::Interrupted))
    }

    /// The code, which is that of the machine's fault where it comes from one.
    pub(super) fn final_code(&self) -> ErrorCode {
        code_of(self).0
    }
}

impl Failed for DownloadError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unsigned { .. } => ErrorCode::Unsigned,
            Self::Destination { .. } => ErrorCode::OutputAccess,
        }
    }
}

impl Failed for SourceFailure {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Origin(error) => error.code(),
            Self::Pack(error) => error.code(),
            Self::OtherPack { .. } => ErrorCode::OtherPackInSource,
            Self::Source(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Choose(error) => error.code(),
            Self::WholeRegistry(_) => ErrorCode::NothingRequested,
            Self::NoRegistry => ErrorCode::NoSource,
            Self::Archive { .. } => ErrorCode::ArchiveRefused,
            Self::Taken { .. } => ErrorCode::OutputExists,
            Self::Write { .. } => ErrorCode::OutputAccess,
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }
}

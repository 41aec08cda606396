//! Why a pack could not be obtained from its source.

use std::io;
use std::path::PathBuf;

use attune_schemas::problem::ErrorCode;
use attune_schemas::{EntryPath, PackRef};

use super::git::GitRefError;
use crate::archive::ArchiveError;
#[cfg(feature = "http")]
use crate::fetch::{CacheError, DownloadError};

/// Why a pack could not be obtained. Sources are named as they may be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// A word is no source.
    #[error("`{word}` does not exist here, and is no archive, URL or repository")]
    Word {
        /// The word.
        word: String,
    },
    /// A URL has a scheme that nothing is fetched by.
    #[error("`{word}` cannot be fetched: {reason}")]
    Form {
        /// The word.
        word: String,
        /// The fault.
        reason: &'static str,
    },
    /// Something was asked of a source that it has not.
    #[error("`{source_name}` takes no {what}: {reason}")]
    Misplaced {
        /// The source.
        source_name: String,
        /// What was asked for.
        what: &'static str,
        /// Why it has none.
        reason: &'static str,
    },
    /// A ref that no repository has.
    #[error(transparent)]
    RefForm(#[from] GitRefError),
    /// There is no such file.
    #[error("`{}` does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file is of no known format.
    #[error("`{source_name}` is not an archive: it is no tar or zip")]
    NotAnArchive {
        /// The source.
        source_name: String,
    },
    /// An archive is damaged or hostile.
    #[error("the archive `{source_name}` cannot be unpacked")]
    Archive {
        /// The source.
        source_name: String,
        /// The fault.
        #[source]
        source: ArchiveError,
    },
    /// An archive is not the one that was promised.
    #[error("`{source_name}` is another file: its digest is {actual}, expected {expected}")]
    Checksum {
        /// The source.
        source_name: String,
        /// The checksum that was promised.
        expected: String,
        /// The sha256 found.
        actual: String,
    },
    /// There is no pack in it.
    #[error("`{source_name}` holds no pack: there is no pack.yaml at its top, in `pack/` or in a top folder")]
    NoPack {
        /// The source.
        source_name: String,
    },
    /// There is no pack in the directory that was named.
    #[error("`{source_name}` holds no pack in `{directory}`: there is no such directory with a pack.yaml")]
    NoPackThere {
        /// The source.
        source_name: String,
        /// The directory.
        directory: EntryPath,
    },
    /// There are several packs in it.
    #[error("`{source_name}` holds several packs: {}", found.join(", "))]
    SeveralPacks {
        /// The source.
        source_name: String,
        /// Their directories.
        found: Vec<String>,
    },
    /// The program is not installed.
    #[error("`{source_name}` is a git repository, and the program `git` is missing on this machine")]
    GitMissing {
        /// The source.
        source_name: String,
    },
    /// The program is not installed, and what works without it does not do.
    #[error("`{source_name}` needs the program `git`, which is missing on this machine: {reason}")]
    GitNeeded {
        /// The source.
        source_name: String,
        /// Why.
        reason: &'static str,
    },
    /// git could not.
    #[error("cannot fetch `{source_name}`: {reason}")]
    Git {
        /// The source.
        source_name: String,
        /// What git said.
        reason: String,
    },
    /// A repository has no such ref.
    #[error("`{source_name}` has no branch, tag or commit `{reference}`")]
    NoRef {
        /// The source.
        source_name: String,
        /// The ref.
        reference: String,
    },
    /// A name is that of a branch and of a tag, which differ.
    #[error("`{reference}` is both a branch and a tag of `{source_name}`, at different commits")]
    AmbiguousRef {
        /// The source.
        source_name: String,
        /// The ref.
        reference: String,
    },
    /// The network may not be used, and the cache has it not.
    #[error("`{source_name}` is not in the download cache, and the network may not be used")]
    Offline {
        /// The source.
        source_name: String,
    },
    /// An index cannot be read.
    #[error("the index `{index}` cannot be read")]
    Index {
        /// The index.
        index: String,
        /// The fault.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No index has a pack.
    #[error("no index has pack `{pack}`")]
    NotIndexed {
        /// The pack.
        pack: PackRef,
    },
    /// The index that has a pack has it in another version.
    #[error("`{request}` is asked for, and the index `{index}` has version {version}")]
    IndexVersion {
        /// The pack with the versions that were asked for.
        request: String,
        /// The version that is there.
        version: String,
        /// The index.
        index: String,
    },
    /// An index names no source that can be used.
    #[error("the index `{index}` names no usable source of pack `{pack}`: {reason}")]
    IndexEntry {
        /// The pack.
        pack: PackRef,
        /// The index.
        index: String,
        /// The fault.
        reason: String,
    },
    /// This program has no HTTP client.
    #[error("`{source_name}` cannot be fetched: this program was built without HTTP")]
    NoHttp {
        /// The source.
        source_name: String,
    },
    /// A download failed.
    #[cfg(feature = "http")]
    #[error(transparent)]
    Download(DownloadError),
    /// The cache failed.
    #[cfg(feature = "http")]
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A disk failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

#[cfg(feature = "http")]
impl From<DownloadError> for OriginError {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::Interrupted => Self::Interrupted,
            error => Self::Download(error),
        }
    }
}

impl OriginError {
    /// The code of the failure.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Word { .. } | Self::Form { .. } | Self::Missing { .. } => ErrorCode::NotAPackSource,
            Self::Misplaced { .. } | Self::RefForm(_) => ErrorCode::SourceOption,
            Self::NotAnArchive { .. } => ErrorCode::SourceArchive,
            Self::Archive { source: ArchiveError::Io(_), .. } | Self::Io(_) => ErrorCode::SourceAccess,
            Self::Archive { .. } => ErrorCode::SourceArchive,
            Self::Checksum { .. } => ErrorCode::SourceDiffers,
            Self::NoPack { .. } | Self::NoPackThere { .. } => ErrorCode::NoPackInSource,
            Self::SeveralPacks { .. } => ErrorCode::SeveralPacksInSource,
            Self::GitMissing { .. } | Self::GitNeeded { .. } => ErrorCode::GitMissing,
            Self::Git { .. } => ErrorCode::GitFailed,
            Self::NoRef { .. } | Self::AmbiguousRef { .. } => ErrorCode::GitRef,
            Self::Offline { .. } => ErrorCode::SourceNotInCache,
            Self::Index { .. } => ErrorCode::PackIndexUnreadable,
            Self::NotIndexed { .. } | Self::IndexVersion { .. } => ErrorCode::NotInPackIndex,
            Self::IndexEntry { .. } => ErrorCode::PackIndexEntry,
            Self::NoHttp { .. } => ErrorCode::NotAPackSource,
            #[cfg(feature = "http")]
            Self::Download(error) => error.code(),
            #[cfg(feature = "http")]
            Self::Cache(error) => error.code(),
            Self::Interrupted => ErrorCode::Interrupted,
        }
    }
}

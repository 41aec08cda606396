//! Why an interpreter cannot be carried.

use std::io;

use attune_registry::trust::{KeyError, PublishError};
use attune_schemas::problem::ErrorCode;
use attune_schemas::runtime_index::RuntimeName;
use attune_schemas::{Digest, Platform, Version};

use crate::registry::RegistryError;
use attune_registry::fetch::{CacheError, DownloadError};

/// Why an interpreter cannot be carried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// There is no such directory or archive.
    #[error("`{source_name}` is not a directory or an archive (tar, tar.gz, tar.xz, tar.zst)")]
    NoSource {
        /// The source, as it was named.
        source_name: String,
    },
    /// A URL without a digest.
    #[error("nothing vouches for the bytes of `{url}`")]
    NoDigest {
        /// The URL.
        url: String,
    },
    /// The archive is another than was meant.
    #[error("`{source_name}` has the digest {actual}, expected {expected}")]
    OtherDigest {
        /// The source, as it was named.
        source_name: String,
        /// The digest that was given.
        expected: Digest,
        /// The digest found.
        actual: Digest,
    },
    /// There is no interpreter in it.
    #[error("`{source_name}` has no {runtime} interpreter: looked for {looked_for}")]
    NoInterpreter {
        /// The source, as it was named.
        source_name: String,
        /// The runtime.
        runtime: RuntimeName,
        /// The programs looked for.
        looked_for: String,
    },
    /// Its libraries are found only where it was.
    #[error("`{file}` finds {library} only at {place}, a path of this machine")]
    NotRelocatable {
        /// The program or library.
        file: String,
        /// The library that it needs.
        library: String,
        /// Where it looks.
        place: String,
    },
    /// It does not run from another place.
    #[error("it does not run from another place: {reason}")]
    DoesNotRun {
        /// The failure.
        reason: String,
    },
    /// It is another version.
    #[error("it is {runtime} {actual}, expected {expected}")]
    OtherVersion {
        /// The runtime.
        runtime: RuntimeName,
        /// The version asked for.
        expected: Version,
        /// The version found.
        actual: String,
    },
    /// It is for another machine.
    #[error("it is for {actual}, expected {expected}")]
    OtherPlatform {
        /// The machine asked for.
        expected: Platform,
        /// The machine found.
        actual: String,
    },
    /// The registry carries another build of it.
    #[error("the registry carries another build of {runtime} {version} for {platform}")]
    Taken {
        /// The runtime.
        runtime: RuntimeName,
        /// The version.
        version: Version,
        /// The machine.
        platform: Platform,
    },
    /// Fetching it failed.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The cache failed.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// It cannot be archived.
    #[error("it cannot be archived")]
    Archive(#[from] attune_registry::archive::ArchiveError),
    /// A disk failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl RuntimeError {
    /// The code of the failure.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NoSource { .. } | Self::NoInterpreter { .. } => ErrorCode::RuntimeSource,
            Self::NoDigest { .. } => ErrorCode::RuntimeDigestUnknown,
            Self::OtherDigest { .. } => ErrorCode::RuntimeDigestDiffers,
            Self::NotRelocatable { .. } => ErrorCode::RuntimeNotRelocatable,
            Self::DoesNotRun { .. } => ErrorCode::RuntimeDoesNotRun,
            Self::OtherVersion { .. } | Self::OtherPlatform { .. } => ErrorCode::RuntimeIsAnother,
            Self::Taken { .. } => ErrorCode::RuntimeTaken,
            Self::Download(error) => error.code(),
            Self::Cache(error) => error.code(),
            Self::Archive(_) | Self::Io(_) => ErrorCode::RuntimeAccess,
        }
    }
}

/// Why an interpreter was not added to a registry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddRuntimeError {
    /// It cannot be carried.
    #[error("could not add the {runtime} interpreter")]
    Runtime {
        /// The runtime.
        runtime: RuntimeName,
        /// The cause.
        #[source]
        source: Box<RuntimeError>,
    },
    /// The registry could not be read or published to.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A key could not be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The metadata cannot be signed.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A disk failed.
    #[error("could not read or write a file")]
    Io(#[from] io::Error),
}

//! Why a source could not give a file.

use std::io;

use attune_schemas::Digest;
use attune_schemas::problem::ErrorCode;

use super::HttpFault;
use crate::archive::ArchiveError;
use crate::blob::BlobError;
use crate::layout::RegistryPath;

/// Why a source failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The bundle cannot be opened or read.
    #[error("could not read the bundle")]
    Open(#[source] io::Error),
    /// The file is no bundle at all.
    #[error("`{name}` is not a bundle: {reason}")]
    NotABundle {
        /// The file.
        name: String,
        /// The defect.
        reason: String,
    },
    /// The bundle's archive is damaged, cut off or hostile.
    #[error("bundle `{name}` cannot be read")]
    Bundle {
        /// The file.
        name: String,
        /// The cause.
        #[source]
        source: ArchiveError,
    },
    /// An entry that does not belong in a bundle, or not at this place.
    #[error("bundle entry `{path}` does not belong there: {reason}")]
    UnexpectedEntry {
        /// The entry.
        path: String,
        /// Why not.
        reason: &'static str,
    },
    /// A blob that no release manifest names.
    #[error("the bundle carries blob {digest}, which no release in it names")]
    UnknownBlob {
        /// The blob.
        digest: Digest,
    },
    /// Needed blobs that are missing.
    #[error("{} lacks {} of the blobs that are needed, the first is {}", name, missing.len(), missing[0])]
    MissingBlobs {
        /// The source.
        name: String,
        /// The blobs; at least one.
        missing: Vec<Digest>,
    },
    /// A blob whose bytes do not match its digest, or cannot be read.
    #[error("{}", blob_fault(name, source))]
    Blob {
        /// The source.
        name: String,
        /// The cause.
        #[source]
        source: BlobError,
    },
    /// A file is larger than it may be.
    #[error("`{path}` is larger than the {limit} bytes allowed for it")]
    TooLarge {
        /// The file.
        path: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A file could not be read.
    #[error("could not read `{path}`")]
    Read {
        /// The file.
        path: RegistryPath,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A server could not be reached or answered with an error.
    #[error("could not fetch `{url}`: {fault}")]
    Http {
        /// The URL, as it may be shown.
        url: String,
        /// The cause.
        fault: HttpFault,
    },
    /// The URL of a registry is not one.
    #[error("`{url}` is not the URL of a registry: {reason}")]
    Url {
        /// The URL, as it may be shown.
        url: String,
        /// The defect.
        reason: String,
    },
    /// The receiver of the blobs broke off.
    #[error("the stream of blobs was stopped by its receiver")]
    Stopped,
}

impl SourceError {
    /// Whether the bytes are damaged, rather than out of reach.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Blob { source, .. } => source.is_damage(),
            Self::Bundle { source, .. } => !matches!(source, ArchiveError::Io(_)),
            Self::NotABundle { .. }
            | Self::UnexpectedEntry { .. }
            | Self::UnknownBlob { .. }
            | Self::MissingBlobs { .. }
            | Self::TooLarge { .. } => true,
            _ => false,
        }
    }

    /// Whether a server refuses the file without saying whether it is there. Object stores answer so for what
    /// is absent, to readers who may not list it.
    pub const fn is_forbidden(&self) -> bool {
        matches!(self, Self::Http { fault: HttpFault::Forbidden(_), .. })
    }

    /// The code of the failure.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Open { .. } => ErrorCode::BundleNotRead,
            Self::NotABundle { .. } => ErrorCode::NotABundle,
            Self::Bundle { .. } if self.is_damage() => ErrorCode::BundleDamaged,
            Self::Bundle { .. } => ErrorCode::BundleNotRead,
            Self::UnexpectedEntry { .. } => ErrorCode::UnexpectedEntry,
            Self::UnknownBlob { .. } => ErrorCode::UnknownBlob,
            Self::MissingBlobs { .. } => ErrorCode::MissingBlobs,
            Self::Blob { .. } if self.is_damage() => ErrorCode::BlobDamaged,
            Self::Blob { .. } => ErrorCode::BlobAccess,
            Self::TooLarge { .. } => ErrorCode::FileTooLarge,
            Self::Read { .. } => ErrorCode::FileAccess,
            Self::Http { fault, .. } => fault.code(),
            Self::Url { .. } => ErrorCode::NotARegistryUrl,
            Self::Stopped => ErrorCode::StreamStopped,
        }
    }
}

fn blob_fault(name: &str, error: &BlobError) -> String {
    if error.is_damage() {
        format!("{name} has a damaged blob")
    } else {
        format!("a blob of {name} could not be read and kept")
    }
}

//! Why a registry's metadata is not trusted.

use std::path::PathBuf;

use attune_schemas::problem::ErrorCode;
use attune_schemas::tuf::{FileMismatch, MetadataTime, RegistryName};

use crate::trust::state::{MetadataError, StateError};

use super::expiry::{TrustedTime, Verdict};
use super::fetch::FetchError;

/// Why a registry's metadata is not trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// Nothing is trusted yet, and no root was given.
    #[error("no root of registry `{registry}` is trusted on this host")]
    NoTrustAnchor {
        /// The registry.
        registry: RegistryName,
    },
    /// There is no root to start from.
    #[error("`{}` holds no trusted root", dir.display())]
    NotInitialized {
        /// The directory.
        dir: PathBuf,
    },
    /// A metadata file is not proven.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The metadata that this host trusts already is of no use, or cannot be read or written.
    #[error(transparent)]
    Store(#[from] StateError),
    /// The repository does not have the file.
    #[error("`{file}` is missing")]
    Missing {
        /// The file.
        file: String,
    },
    /// The file could not be fetched. It may exist.
    #[error("cannot fetch `{file}`")]
    Fetch {
        /// The file.
        file: String,
        /// Why.
        source: FetchError,
    },
    /// The file is larger than it may be.
    #[error("`{file}` is larger than the {max_bytes} bytes it may have")]
    TooLarge {
        /// The file.
        file: String,
        /// The limit, inclusive.
        max_bytes: u64,
    },
    /// Length or hash differ from those that the role above states.
    #[error("`{file}` is not the file that the metadata describes")]
    Mismatch {
        /// The file or target.
        file: String,
        /// The difference.
        source: FileMismatch,
    },
    /// The version inside the file is not the one asked for.
    #[error("`{file}` has version {actual}, expected {expected}")]
    WrongVersion {
        /// The file.
        file: String,
        /// The version asked for.
        expected: u64,
        /// The version inside.
        actual: u64,
    },
    /// A version older than one that this host has already seen.
    #[error(
        "older than the metadata that this host has seen: {role} has version {offered}, seen was {trusted}"
    )]
    Rollback {
        /// The role.
        role: String,
        /// The version seen before.
        trusted: u64,
        /// The version offered now.
        offered: u64,
    },
    /// A newer version that says that it was signed before the older one.
    #[error(
        "older than the metadata that this host has seen: the timestamp was signed on {offered}, a later one on {trusted}"
    )]
    SignedEarlier {
        /// The time of signing of the timestamp seen before.
        trusted: MetadataTime,
        /// The time of signing that the offered one states.
        offered: MetadataTime,
    },
    /// A targets role that was in the snapshot is gone.
    #[error("older than the metadata that this host has seen: the snapshot no longer lists `{file}`")]
    RoleRemoved {
        /// The role's file without version.
        file: String,
    },
    /// A role that must be in the snapshot is not.
    #[error("the snapshot does not list `{file}`")]
    NotInSnapshot {
        /// The role's file without version.
        file: String,
    },
    /// The metadata is no longer valid.
    #[error("stale: {role} metadata expired on {expired_at}")]
    Expired {
        /// The role.
        role: String,
        /// When it expired.
        expired_at: MetadataTime,
        /// The time by which that was judged.
        time: TrustedTime,
    },
    /// More root rotations than anyone makes.
    #[error("more than {limit} root versions follow the trusted one")]
    TooManyRotations {
        /// The limit.
        limit: u64,
    },
    /// A repository without consistent snapshots.
    #[error("`{file}` does not have `consistent_snapshot` set, and only such registries are supported")]
    NotConsistent {
        /// The file.
        file: String,
    },
    /// No role vouches for the target.
    #[error("the registry's metadata does not list `{target}`")]
    TargetNotFound {
        /// The target path.
        target: String,
    },
    /// The metadata vouches for the target, but not by sha256.
    #[error("the registry's metadata gives no sha256 for `{target}`")]
    NoSha256 {
        /// The target path.
        target: String,
    },
    /// The search for a target visited too many roles.
    #[error("more than {limit} roles would have to be searched for `{target}`")]
    TooManyDelegations {
        /// The target path.
        target: String,
        /// The limit, inclusive.
        limit: usize,
    },
}

impl TrustError {
    /// The code of the failure.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NoTrustAnchor { .. } | Self::NotInitialized { .. } => ErrorCode::NoTrust,
            Self::Metadata(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Missing { .. } => ErrorCode::MetadataMissing,
            Self::Fetch { source: FetchError::Source(_) | FetchError::Forbidden(_), .. } => {
                ErrorCode::MetadataNotFetched
            }
            Self::Fetch { source: FetchError::TooLarge { .. }, .. }
            | Self::TooLarge { .. }
            | Self::TooManyRotations { .. }
            | Self::TooManyDelegations { .. } => ErrorCode::MetadataTooLarge,
            Self::Fetch { source: FetchError::Damaged(_), .. }
            | Self::Mismatch { .. }
            | Self::WrongVersion { .. } => ErrorCode::MetadataMismatch,
            Self::Rollback { .. } | Self::SignedEarlier { .. } | Self::RoleRemoved { .. } => {
                ErrorCode::RolledBack
            }
            Self::NotInSnapshot { .. } | Self::TargetNotFound { .. } | Self::NoSha256 { .. } => {
                ErrorCode::NotListed
            }
            Self::Expired { .. } => ErrorCode::MetadataExpired,
            Self::NotConsistent { .. } => ErrorCode::NotConsistent,
        }
    }

    /// The verdict on the metadata's freshness, if the error is about that.
    pub const fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Expired { .. } => Some(Verdict::Stale),
            Self::Rollback { .. } | Self::RoleRemoved { .. } | Self::SignedEarlier { .. } => {
                Some(Verdict::RolledBack)
            }
            _ => None,
        }
    }
}

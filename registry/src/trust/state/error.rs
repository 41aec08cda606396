//! Why metadata is not proven, and why the memory of it cannot be read or written.

use std::io;
use std::path::PathBuf;

use attune_schemas::problem::ErrorCode;
use attune_schemas::tuf::{EnvelopeError, RegistryName};

use crate::trust::keys::ThresholdError;

use super::policy::PolicyError;

/// Why bytes are not a metadata file that the right keys vouch for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Not enough of the right keys signed.
    #[error("`{file}` is not signed by the keys of its role")]
    Signatures {
        /// The file, as it is named in the repository.
        file: String,
        /// The role whose keys were asked for.
        role: String,
        /// How many signatures count.
        source: ThresholdError,
    },
    /// The file is not metadata of its role.
    #[error("`{file}` is malformed")]
    Malformed {
        /// The file.
        file: String,
        /// The defect.
        source: EnvelopeError,
    },
    /// The root does not say which registry it is of.
    #[error("`{file}` has no `x-attune-registry-name`")]
    NoRegistryName {
        /// The file.
        file: String,
    },
    /// A root with another registry name than the one before it.
    #[error("`{file}` is of registry `{offered}`, not `{trusted}`")]
    RegistryRenamed {
        /// The file.
        file: String,
        /// The trusted name.
        trusted: RegistryName,
        /// The name in the file.
        offered: RegistryName,
    },
}

/// Why the metadata that this host trusts cannot be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The bytes to be trusted are not proven.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The root that was given is not the one that is trusted already.
    #[error(
        "the given root (version {offered}) is not a successor of the trusted root of `{registry}` (version {trusted})"
    )]
    DifferentRoot {
        /// The registry.
        registry: RegistryName,
        /// Version of the root this host trusts.
        trusted: u64,
        /// Version of the root that was given.
        offered: u64,
    },
    /// The trusted metadata cannot be read back.
    #[error("the trusted metadata in `{path}` is damaged")]
    Damaged {
        /// The damaged file.
        path: PathBuf,
        /// The defect.
        source: MetadataError,
    },
    /// The policy of this host's owner cannot be read back.
    #[error("`{path}` cannot be read")]
    PolicyDamaged {
        /// The file.
        path: PathBuf,
        /// The defect.
        source: PolicyError,
    },
    /// A file cannot be read or written.
    #[error("cannot access the trusted metadata")]
    Io(#[from] io::Error),
}

impl MetadataError {
    /// The code of the failure.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Signatures { .. } => ErrorCode::MetadataSignatures,
            Self::Malformed { .. } => ErrorCode::MetadataMalformed,
            Self::NoRegistryName { .. } | Self::RegistryRenamed { .. } => ErrorCode::RegistryName,
        }
    }
}

impl StateError {
    /// The code of the failure: a disk that fails says nothing about trust.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Metadata(error) => error.code(),
            Self::DifferentRoot { .. } => ErrorCode::OtherRootTrusted,
            Self::Damaged { .. } => ErrorCode::TrustStateDamaged,
            Self::PolicyDamaged { .. } => ErrorCode::TrustPolicyDamaged,
            Self::Io(_) => ErrorCode::TrustStateAccess,
        }
    }
}

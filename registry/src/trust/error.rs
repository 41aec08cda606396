//! Why metadata is not trusted, and what to do about it.
//!
//! Advice is data ([`TrustError::hint`]) and rendered by the binaries; messages only say what failed.

use std::path::PathBuf;

use attune_schemas::tuf::{EnvelopeError, Expires, ExpiresError, FileMismatch, RegistryName};

use super::fetch::FetchError;
use super::verify::ThresholdError;

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
    /// The root that was given is not the one that is trusted already.
    #[error(
        "the given root (version {offered}) is not one that the trusted root of `{registry}` (version {trusted}) leads to"
    )]
    DifferentRoot {
        /// The registry.
        registry: RegistryName,
        /// Version of the root this host trusts.
        trusted: u64,
        /// Version of the root that was given.
        offered: u64,
    },
    /// Not enough of the right keys signed.
    #[error("`{file}` is not signed by whom it should be")]
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
        /// What is wrong.
        source: EnvelopeError,
    },
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
    /// Length or hash differ from what the role above says.
    #[error("`{file}` is not the file that the metadata describes")]
    Mismatch {
        /// The file or target.
        file: String,
        /// What differs.
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
    /// Older than what this host has already seen.
    #[error("{role} version {offered} is older than version {trusted}, which this host has already seen")]
    Rollback {
        /// The role.
        role: String,
        /// The version seen before.
        trusted: u64,
        /// The version offered now.
        offered: u64,
    },
    /// A targets role that was in the snapshot is gone.
    #[error("the snapshot no longer lists `{file}`, which this host has already seen")]
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
    #[error("{role} metadata expired on {expired_at}")]
    Expired {
        /// The role.
        role: String,
        /// When it expired.
        expired_at: Expires,
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
    #[error("more than {limit} roles would have to be asked about `{target}`")]
    TooManyDelegations {
        /// The target path.
        target: String,
        /// The limit, inclusive.
        limit: usize,
    },
    /// What this host trusts cannot be read back.
    #[error("the trusted metadata in `{path}` is damaged")]
    StateDamaged {
        /// The damaged file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<TrustError>,
    },
    /// What this host trusts cannot be read or written.
    #[error("cannot access the trusted metadata")]
    State(#[from] std::io::Error),
    /// An expiry date that metadata cannot spell.
    #[error("the time of signing cannot be written down")]
    Period(#[from] ExpiresError),
}

impl TrustError {
    /// What to do about it, for a person, where something can be done.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoTrustAnchor { .. } => {
                "pass --trust root.json with a root obtained over a channel you trust, not from the bundle".to_owned()
            }
            Self::DifferentRoot { registry, .. } => format!(
                "this host keeps the root it trusts; if the registry was created anew, run `attune-install trust reset {registry}` and pass the new root with --trust"
            ),
            Self::Signatures { role, .. } if role == "root" => {
                "check that the given root belongs to this registry and that no root version is missing".to_owned()
            }
            Self::Signatures { .. } => {
                "the file was changed, or signed with keys that the registry's root does not name; fetch it again from the publisher".to_owned()
            }
            Self::Malformed { .. } | Self::Missing { .. } | Self::Mismatch { .. } | Self::WrongVersion { .. } => {
                "the bundle or registry is incomplete or damaged; fetch it again".to_owned()
            }
            Self::Rollback { .. } | Self::RoleRemoved { .. } => {
                "use a bundle at least as new as the last one; only if the registry was restored from a backup, run `attune-install trust reset REGISTRY`".to_owned()
            }
            Self::Expired { .. } => {
                "fetch a newer bundle, or pass --expiry-grace 30d to accept metadata that expired less than 30 days ago".to_owned()
            }
            Self::StateDamaged { .. } => {
                "run `attune-install trust reset REGISTRY` and pass the registry's root with --trust again".to_owned()
            }
            Self::RegistryRenamed { .. } | Self::NoRegistryName { .. } => {
                "a registry keeps its name for life; pass the root that was made with it".to_owned()
            }
            _ => return None,
        };
        Some(hint)
    }
}

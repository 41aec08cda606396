//! Why metadata is not trusted, and what to do about it.
//!
//! Advice is data ([`TrustError::hint`], in `advice.rs`) and rendered by the binaries; messages only say what
//! failed.

use std::path::PathBuf;

use attune_schemas::tuf::{
    EnvelopeError, FileMismatch, KeyId, MetadataTime, MetadataTimeError, RegistryName,
};

use crate::trust::keys::{KeyError, ThresholdError};
use crate::trust::state::PolicyError;

use super::expiry::TrustedTime;
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
    #[error(
        "rolled back: {role} version {offered} is older than version {trusted}, which this host has already seen"
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
        "rolled back: the timestamp says that it was signed on {offered}, before the one of {trusted}, which this host has already seen"
    )]
    SignedEarlier {
        /// When the one seen before was signed.
        trusted: MetadataTime,
        /// When the one offered says that it was.
        offered: MetadataTime,
    },
    /// A targets role that was in the snapshot is gone.
    #[error("rolled back: the snapshot no longer lists `{file}`, which this host has already seen")]
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
        /// By which time that was judged.
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
    /// The keys at hand are not enough to sign.
    #[error("{role} needs {needed} signature{}, and {have} of its keys {} at hand; missing: {}",
        if *needed == 1 { "" } else { "s" }, if *have == 1 { "is" } else { "are" }, short_ids(missing))]
    KeysMissing {
        /// The role.
        role: String,
        /// How many must sign.
        needed: u32,
        /// How many of its keys are there.
        have: usize,
        /// Its other keys.
        missing: Vec<KeyId>,
    },
    /// A key could not be read, or did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The registry has no bins.
    #[error("the registry has no bins")]
    NoBins,
    /// A change of root that concerns bins, of which it says nothing but for how long they hold.
    #[error("how many keys must sign bins is settled when the registry is made")]
    NotInRoot,
    /// The role has no such key.
    #[error("{role} has no key whose id is, or alone begins with, `{id}`")]
    NoSuchKey {
        /// The role.
        role: String,
        /// The id, or its beginning.
        id: String,
    },
    /// A threshold that cannot be met.
    #[error("{role} would need {needed} signatures and have {have} key{}", if *have == 1 { "" } else { "s" })]
    TooFewKeys {
        /// The role.
        role: String,
        /// The threshold.
        needed: u32,
        /// The number of keys.
        have: usize,
    },
    /// Two drafts of a root that do not say the same.
    #[error("the two drafts do not say the same, so their signatures cannot be put together")]
    OtherDraft,
    /// What this host's owner decided cannot be read back.
    #[error("`{path}` cannot be read")]
    PolicyDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: PolicyError,
    },
    /// What this host trusts cannot be read or written.
    #[error("cannot access the trusted metadata")]
    State(#[from] std::io::Error),
    /// An expiry date that metadata cannot spell.
    #[error("the time of signing cannot be written down")]
    Period(#[from] MetadataTimeError),
}

/// The beginnings of key ids, enough to tell them apart.
fn short_ids(ids: &[KeyId]) -> String {
    let short = |id: &KeyId| id.as_str().chars().take(12).collect::<String>();
    ids.iter().map(short).collect::<Vec<_>>().join(", ")
}

//! Why metadata cannot be signed or published.

use attune_schemas::problem::ErrorCode;
use attune_schemas::tuf::{KeyId, MetadataTimeError};

use crate::trust::client::TrustError;
use crate::trust::keys::KeyError;
use crate::trust::state::MetadataError;

/// Why metadata cannot be signed or published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The registry's own metadata is not trusted, or the new metadata would not be.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A key could not be read, or did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
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
    /// The registry has no bins.
    #[error("the registry has no bins")]
    NoBins,
    /// A change of root that concerns bins: root says of bins only how long they are valid.
    #[error("how many keys must sign bins is settled when the registry is made")]
    NotInRoot,
    /// The role has no such key.
    #[error("{role} has no key whose id is `{id}`, or no single one whose id begins so")]
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
    #[error("the two drafts differ, so their signatures cannot be combined")]
    OtherDraft,
    /// An expiry date that metadata cannot spell.
    #[error("the time of signing is out of range")]
    Period(#[from] MetadataTimeError),
}

impl From<MetadataError> for PublishError {
    fn from(error: MetadataError) -> Self {
        Self::Trust(error.into())
    }
}

impl PublishError {
    /// The code of the failure.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Trust(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::KeysMissing { .. } => ErrorCode::KeysMissing,
            Self::NoBins => ErrorCode::NoBins,
            Self::NotInRoot => ErrorCode::BinThresholdFixed,
            Self::NoSuchKey { .. } => ErrorCode::NoSuchKey,
            Self::TooFewKeys { .. } => ErrorCode::TooFewKeys,
            Self::OtherDraft => ErrorCode::DraftsDiffer,
            Self::Period(_) => ErrorCode::SigningTime,
        }
    }
}

/// The beginnings of key ids, enough to tell them apart.
fn short_ids(ids: &[KeyId]) -> String {
    let short = |id: &KeyId| id.as_str().chars().take(12).collect::<String>();
    ids.iter().map(short).collect::<Vec<_>>().join(", ")
}

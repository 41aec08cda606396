//! What the four roles have in common, and which keys may sign for a role.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{ExtraFields, KeyId, MetadataTime};

/// The kind of a metadata file, its `_type`. Delegated roles are of type `targets`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum RoleType {
    /// Says which keys sign which top-level role.
    Root,
    /// Says which snapshot is current.
    Timestamp,
    /// Says which version of every targets file is current.
    Snapshot,
    /// Says which files exist, with length and hashes, or which role is asked about them.
    Targets,
}

/// The fields every role has.
pub trait Role: Serialize + DeserializeOwned {
    /// The role's `_type`.
    const TYPE: RoleType;

    /// Rises by one with every change.
    fn version(&self) -> NonZeroU64;

    /// When the metadata expires.
    fn expires(&self) -> MetadataTime;
}

/// The keys of a role, and how many of them must sign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RoleKeys {
    /// The keys that may sign.
    pub keyids: Vec<KeyId>,
    /// How many different ones must have signed; at least 1.
    pub threshold: NonZeroU32,
    /// Unknown fields.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

impl RoleType {
    /// Every role, in the order trust flows.
    pub const ALL: [Self; 4] = [Self::Root, Self::Timestamp, Self::Snapshot, Self::Targets];

    /// The word metadata uses for the role.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Timestamp => "timestamp",
            Self::Snapshot => "snapshot",
            Self::Targets => "targets",
        }
    }
}

impl fmt::Display for RoleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

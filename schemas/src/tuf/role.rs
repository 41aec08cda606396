//! The fields that the four roles have in common, and the keys that may sign for a role.

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
    /// Names the keys of every top-level role.
    Root,
    /// Names the current snapshot.
    Timestamp,
    /// Names the current version of every targets file.
    Snapshot,
    /// Lists files with length and hashes, or the roles that list them.
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
    /// How many different keys must have signed; at least 1.
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

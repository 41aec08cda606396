//! Timestamp metadata: which snapshot is current. The one file that is asked for by a fixed name.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::{ExtraFields, MetaFile, MetadataTime, Role, RoleType, SpecVersion};

/// The signed part of `timestamp.json` (TUF 4.6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Timestamp {
    /// Always `timestamp`.
    #[serde(rename = "_type")]
    pub role_type: RoleType,
    /// The specification the file follows.
    pub spec_version: SpecVersion,
    /// Rises with every change.
    pub version: NonZeroU64,
    /// When the file expires.
    pub expires: MetadataTime,
    /// The current snapshot.
    pub meta: TimestampMeta,
    /// When the file was signed, never earlier than the one before it. Off-spec: a field of our own, by
    /// which a host can tell that its clock is behind; metadata of other origin lacks it.
    #[serde(rename = "x-attune-signed-at", default, skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<MetadataTime>,
    /// Unknown fields.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

/// The one entry of a timestamp's `meta`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TimestampMeta {
    /// The current snapshot's version, length and hashes.
    #[serde(rename = "snapshot.json")]
    pub snapshot: MetaFile,
    /// Unknown entries.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

impl Role for Timestamp {
    const TYPE: RoleType = RoleType::Timestamp;

    fn version(&self) -> NonZeroU64 {
        self.version
    }

    fn expires(&self) -> MetadataTime {
        self.expires
    }
}

//! Snapshot metadata: which version of every targets file is current, as one consistent set.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::{ExtraFields, MetaFile, MetadataTime, Role, RoleType, SpecVersion};

/// The signed part of `N.snapshot.json` (TUF 4.4).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Snapshot {
    /// Always `snapshot`.
    #[serde(rename = "_type")]
    pub role_type: RoleType,
    /// The specification the file follows.
    pub spec_version: SpecVersion,
    /// The `N` of the file's name.
    pub version: NonZeroU64,
    /// When the file expires.
    pub expires: MetadataTime,
    /// `<role>.json` to its current version; version numbers are not part of the names.
    pub meta: BTreeMap<String, MetaFile>,
    /// Unknown fields.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

impl Snapshot {
    /// The current version of the targets role `role`.
    pub fn role(&self, role: &str) -> Option<&MetaFile> {
        self.meta.get(&format!("{role}.json"))
    }
}

impl Role for Snapshot {
    const TYPE: RoleType = RoleType::Snapshot;

    fn version(&self) -> NonZeroU64 {
        self.version
    }

    fn expires(&self) -> MetadataTime {
        self.expires
    }
}

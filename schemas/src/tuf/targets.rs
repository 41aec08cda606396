//! Targets metadata: the files that exist, and the roles that answer for further ones.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::{Delegations, ExtraFields, MetadataTime, Role, RoleType, SpecVersion, TargetFile};

/// The signed part of `N.targets.json` and of every delegated role (TUF 4.5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Targets {
    /// Always `targets`.
    #[serde(rename = "_type")]
    pub role_type: RoleType,
    /// The specification the file follows.
    pub spec_version: SpecVersion,
    /// The `N` of the file's name.
    pub version: NonZeroU64,
    /// When the file expires.
    pub expires: MetadataTime,
    /// Target path, such as `packs/weather.json`, to its length and hashes.
    pub targets: BTreeMap<String, TargetFile>,
    /// The roles that are asked about targets not listed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegations: Option<Delegations>,
    /// Unknown fields.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

impl Role for Targets {
    const TYPE: RoleType = RoleType::Targets;

    fn version(&self) -> NonZeroU64 {
        self.version
    }

    fn expires(&self) -> MetadataTime {
        self.expires
    }
}

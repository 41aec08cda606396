//! Root metadata: the keys of every top-level role, and the registry's name.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::{
    ExpiryDays, ExtraFields, Key, KeyId, MetadataTime, RegistryName, Role, RoleKeys, RoleType, SpecVersion,
};

/// The signed part of `N.root.json` (TUF 4.3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Root {
    /// Always `root`.
    #[serde(rename = "_type")]
    pub role_type: RoleType,
    /// The specification the file follows.
    pub spec_version: SpecVersion,
    /// The `N` of the file's name.
    pub version: NonZeroU64,
    /// When the file expires.
    pub expires: MetadataTime,
    /// Whether file names carry versions and digests. Only registries that do are supported.
    #[serde(default)]
    pub consistent_snapshot: bool,
    /// The keys that roles refer to.
    pub keys: BTreeMap<KeyId, Key>,
    /// The keys of every role.
    pub roles: RootRoles,
    /// The registry's name. Off-spec: a field of our own, which other clients ignore; metadata written by
    /// other programs lacks it.
    #[serde(rename = "x-attune-registry-name", default, skip_serializing_if = "Option::is_none")]
    pub registry_name: Option<RegistryName>,
    /// For how long each role is valid after it was signed. Off-spec: a field of our own, so that the next
    /// signer finds the periods chosen when the registry was made.
    #[serde(rename = "x-attune-expiry-days", default, skip_serializing_if = "Option::is_none")]
    pub expiry_days: Option<ExpiryDays>,
    /// Unknown fields.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

/// The keys of the four top-level roles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RootRoles {
    /// The keys that sign the next root.
    pub root: RoleKeys,
    /// The keys that sign the timestamp.
    pub timestamp: RoleKeys,
    /// The keys that sign the snapshot.
    pub snapshot: RoleKeys,
    /// The keys that sign the top-level targets.
    pub targets: RoleKeys,
    /// Unknown roles.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

impl RootRoles {
    /// The keys of `role`.
    pub const fn get(&self, role: RoleType) -> &RoleKeys {
        match role {
            RoleType::Root => &self.root,
            RoleType::Timestamp => &self.timestamp,
            RoleType::Snapshot => &self.snapshot,
            RoleType::Targets => &self.targets,
        }
    }
}

impl Role for Root {
    const TYPE: RoleType = RoleType::Root;

    fn version(&self) -> NonZeroU64 {
        self.version
    }

    fn expires(&self) -> MetadataTime {
        self.expires
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn root() -> Value {
        let role = json!({"keyids": ["k"], "threshold": 1});
        json!({
            "_type": "root", "spec_version": "1.0.0", "version": 1, "expires": "2030-01-01T00:00:00Z",
            "consistent_snapshot": true, "x-attune-registry-name": "demo",
            "x-attune-expiry-days": ExpiryDays::default(),
            "keys": {"k": Key::ed25519(&[7; 32])},
            "roles": {"root": role, "timestamp": role, "snapshot": role, "targets": role},
        })
    }

    #[test]
    fn reads_and_writes_back() {
        let parsed: Root = serde_json::from_value(root()).unwrap();
        assert_eq!(serde_json::to_value(parsed).unwrap(), root());
    }

    #[test]
    fn a_missing_role_is_refused() {
        for role in RoleType::ALL {
            let mut value = root();
            value["roles"].as_object_mut().unwrap().remove(role.as_str());
            let error = serde_json::from_value::<Root>(value).unwrap_err().to_string();
            assert!(error.contains(role.as_str()), "{error}");
        }
    }

    #[test]
    fn a_threshold_of_zero_is_refused() {
        let mut value = root();
        value["roles"]["targets"]["threshold"] = json!(0);
        assert!(serde_json::from_value::<Root>(value).is_err());
    }
}

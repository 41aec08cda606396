//! Delegations: which role, signed by which keys, is asked about which target paths.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::{ExtraFields, Key, KeyId, RoleKeys, RoleType, SuccinctRoles, path_matches};
use crate::digest::Digest;

/// The `delegations` of a targets role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Delegations {
    /// The keys that the delegated roles refer to.
    pub keys: BTreeMap<KeyId, Key>,
    /// The delegated roles, the most trusted first.
    #[serde(default)]
    pub roles: Vec<DelegatedRole>,
    /// Bins, if there are no `roles`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succinct_roles: Option<SuccinctRoles>,
    /// Unknown fields.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

/// One delegated role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "DelegatedRoleFields", into = "DelegatedRoleFields")]
pub struct DelegatedRole {
    /// The role's name; never that of a top-level role.
    pub name: String,
    /// The keys that sign for it.
    pub keys: RoleKeys,
    /// Whether the search ends here for the paths in scope, found or not.
    pub terminating: bool,
    /// The target paths it is trusted for.
    pub scope: PathScope,
}

/// The target paths a delegated role is trusted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathScope {
    /// Paths that match one of these patterns, see [`path_matches`].
    Patterns(Vec<String>),
    /// Paths whose sha256, in hex, starts with one of these prefixes: hashed bins.
    HashPrefixes(Vec<String>),
}

/// Why a delegated role is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum DelegationError {
    #[error("delegated role name `{0}` is empty or that of a top-level role")]
    Name(String),
    #[error("delegated role `{0}` must have exactly one of `paths` and `path_hash_prefixes`")]
    Scope(String),
}

/// [`DelegatedRole`] as it is written.
#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "DelegatedRole")]
struct DelegatedRoleFields {
    name: String,
    keyids: Vec<KeyId>,
    threshold: NonZeroU32,
    terminating: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paths: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path_hash_prefixes: Option<Vec<String>>,
    #[serde(flatten)]
    extra: ExtraFields,
}

impl Delegations {
    /// The roles that target `path` is delegated to, each with its number, the most trusted first, down to
    /// the first terminating one.
    pub fn covering(&self, path: &str) -> Vec<(usize, DelegatedRole)> {
        let hash = Digest::of(path.as_bytes()).hex();
        let mut covering = Vec::new();
        for (number, role) in
            self.roles.iter().enumerate().filter(|(_, role)| role.covers_hashed(path, &hash))
        {
            covering.push((number, role.clone()));
            if role.terminating {
                return covering;
            }
        }
        if self.roles.is_empty() {
            covering.extend(self.succinct_roles.as_ref().and_then(|roles| roles.role_for(&hash)));
        }
        covering
    }

    /// Every role that something is delegated to, each with its number, the most trusted first.
    pub fn all(&self) -> impl Iterator<Item = (usize, DelegatedRole)> + '_ {
        let succinct = self.succinct_roles.as_ref().filter(|_| self.roles.is_empty());
        self.roles.iter().cloned().enumerate().chain(succinct.into_iter().flat_map(super::SuccinctRoles::all))
    }
}

impl DelegatedRole {
    /// Whether the role is trusted for target `path`.
    pub fn covers(&self, path: &str) -> bool {
        self.covers_hashed(path, &Digest::of(path.as_bytes()).hex())
    }

    /// [`Self::covers`] for a path whose sha256, in lowercase hex, is known: many roles can be asked.
    pub fn covers_hashed(&self, path: &str, hash: &str) -> bool {
        match &self.scope {
            PathScope::Patterns(patterns) => patterns.iter().any(|pattern| path_matches(pattern, path)),
            PathScope::HashPrefixes(prefixes) => {
                prefixes.iter().any(|prefix| hash.starts_with(prefix.as_str()))
            }
        }
    }
}

impl TryFrom<DelegatedRoleFields> for DelegatedRole {
    type Error = DelegationError;

    fn try_from(fields: DelegatedRoleFields) -> Result<Self, DelegationError> {
        let DelegatedRoleFields { name, keyids, threshold, terminating, paths, path_hash_prefixes, extra } =
            fields;
        if name.is_empty() || RoleType::ALL.iter().any(|role| role.as_str() == name) {
            return Err(DelegationError::Name(name));
        }
        let scope = match (paths, path_hash_prefixes) {
            (Some(patterns), None) => PathScope::Patterns(patterns),
            (None, Some(prefixes)) => PathScope::HashPrefixes(prefixes),
            _ => return Err(DelegationError::Scope(name)),
        };
        Ok(Self { name, keys: RoleKeys { keyids, threshold, extra }, terminating, scope })
    }
}

impl From<DelegatedRole> for DelegatedRoleFields {
    fn from(role: DelegatedRole) -> Self {
        let (paths, path_hash_prefixes) = match role.scope {
            PathScope::Patterns(patterns) => (Some(patterns), None),
            PathScope::HashPrefixes(prefixes) => (None, Some(prefixes)),
        };
        Self {
            name: role.name,
            keyids: role.keys.keyids,
            threshold: role.keys.threshold,
            terminating: role.terminating,
            paths,
            path_hash_prefixes,
            extra: role.keys.extra,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn role(changes: &Value) -> Result<DelegatedRole, serde_json::Error> {
        let mut value =
            json!({"name": "bin-0", "keyids": ["k"], "threshold": 1, "terminating": true, "x": 1});
        for (name, change) in changes.as_object().unwrap() {
            value[name] = change.clone();
        }
        let role = serde_json::from_value::<DelegatedRole>(value.clone())?;
        assert_eq!(serde_json::to_value(&role)?, value);
        Ok(role)
    }

    #[test]
    fn hash_prefixes_cover_by_the_hash_of_the_path() {
        let hash = Digest::of(b"packs/weather.json").hex();
        assert!(role(&json!({"path_hash_prefixes": [hash[..2]]})).unwrap().covers("packs/weather.json"));
        assert!(!role(&json!({"path_hash_prefixes": [hash[..2]]})).unwrap().covers("packs/other.json"));
        assert!(!role(&json!({"path_hash_prefixes": []})).unwrap().covers("packs/weather.json"));
    }

    #[test]
    fn patterns_cover_by_name() {
        let role = role(&json!({"paths": ["packs/*.json"]})).unwrap();
        assert!(role.covers("packs/weather.json"));
        assert!(!role.covers("packs/deeper/weather.json"));
    }

    #[test]
    fn both_or_no_scope_is_refused() {
        assert!(role(&json!({})).is_err());
        assert!(role(&json!({"paths": [], "path_hash_prefixes": []})).is_err());
    }

    #[test]
    fn the_schema_is_that_of_the_written_form() {
        let schema = serde_json::to_value(schemars::schema_for!(DelegatedRole)).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        assert!(properties.contains_key("path_hash_prefixes") && properties.contains_key("keyids"));
    }

    #[test]
    fn top_level_names_are_refused() {
        for name in ["root", "timestamp", "snapshot", "targets", ""] {
            assert!(role(&json!({"paths": [], "name": name})).is_err(), "{name}");
        }
    }
}

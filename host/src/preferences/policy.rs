//! The host's own rules for its packs: those that stay as they are, and those that stay within a range.
//!
//! `state/policy.json`; a generation knows nothing of it, so that it outlives a rollback.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use attune_registry::atomic_file::replace_file;
use attune_schemas::{PackRef, Requirement, Version};
use serde::{Deserialize, Serialize};

use crate::root::{HostRoot, read_regular};

/// The `format` of a [`HostPolicy`].
pub const POLICY_FORMAT: &str = "attune.host-policy/v1";

/// The host's own rules for its packs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostPolicy {
    /// Always [`POLICY_FORMAT`].
    pub format: String,
    /// Packs that stay at the version that is installed.
    #[serde(default)]
    pub held: BTreeSet<PackRef>,
    /// Packs of which no other version than these is chosen.
    #[serde(default)]
    pub pinned: BTreeMap<PackRef, Requirement>,
}

impl Default for HostPolicy {
    fn default() -> Self {
        Self { format: POLICY_FORMAT.to_owned(), held: BTreeSet::new(), pinned: BTreeMap::new() }
    }
}

impl HostPolicy {
    /// The rules of `root`; none where there is no file.
    ///
    /// # Errors
    /// The file cannot be read, or is none of this program's.
    pub fn load(root: &HostRoot) -> io::Result<Self> {
        let path = root.policy_file();
        let bytes = match read_regular(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            bytes => bytes?,
        };
        let damaged = |reason: &dyn std::fmt::Display| {
            let message = format!("`{}` is damaged: {reason}", path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        let policy: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(&error))?;
        if policy.format != POLICY_FORMAT {
            return Err(damaged(&format!("its format is `{}`", policy.format.escape_debug())));
        }
        Ok(policy)
    }

    /// Writes the rules of `root`, which must be held.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, root: &HostRoot) -> io::Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        replace_file(&root.policy_file(), &bytes)
    }

    /// Whether the rules allow `version` of `pack`, of which `installed` is installed.
    pub fn allows(&self, pack: &PackRef, version: &Version, installed: Option<&Version>) -> bool {
        let is_kept = !self.held.contains(pack) || installed.is_none_or(|installed| installed == version);
        is_kept && self.pinned.get(pack).is_none_or(|requirement| requirement.matches(version))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_outlive_the_process_and_a_damaged_file_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(directory.path()).unwrap();
        assert_eq!(HostPolicy::load(&root).unwrap(), HostPolicy::default());
        fs_err::create_dir(root.state()).unwrap();
        let mut policy = HostPolicy::default();
        policy.held.insert("weather".parse().unwrap());
        policy.pinned.insert("net_tools".parse().unwrap(), "^1".parse().unwrap());
        policy.save(&root).unwrap();
        assert_eq!(HostPolicy::load(&root).unwrap(), policy);
        for text in
            ["{", r#"{"format": "attune.host-policy/v9"}"#, r#"{"format": "attune.host-policy/v1", "x": 1}"#]
        {
            fs_err::write(root.policy_file(), text).unwrap();
            assert_eq!(HostPolicy::load(&root).unwrap_err().kind(), io::ErrorKind::InvalidData, "{text}");
        }
    }

    #[test]
    fn a_held_pack_stays_and_a_pinned_one_stays_within_its_range() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        let (held, pinned) = ("weather".parse().unwrap(), "net_tools".parse().unwrap());
        let mut policy = HostPolicy::default();
        policy.held.insert("weather".parse().unwrap());
        policy.pinned.insert("net_tools".parse().unwrap(), "^1".parse().unwrap());
        assert!(policy.allows(&held, &version("1.0.0"), Some(&version("1.0.0"))));
        assert!(!policy.allows(&held, &version("1.0.1"), Some(&version("1.0.0"))));
        assert!(policy.allows(&held, &version("1.0.1"), None), "it was uninstalled");
        assert!(policy.allows(&pinned, &version("1.9.0"), None));
        assert!(!policy.allows(&pinned, &version("2.0.0"), Some(&version("2.0.0"))));
    }
}

//! The setup of a registry's metadata: each role's keys, threshold and period of validity.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use attune_schemas::tuf::{ExpiryDays, Key, RegistryName};

use super::bins::BinCount;

/// A role that signs: the four of TUF, and the bins, which share their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SigningRole {
    /// Names the keys of the other roles.
    Root,
    /// Lists the packs, or the bins if the registry has bins.
    Targets,
    /// Says which version of every file is current.
    Snapshot,
    /// Says which snapshot is current.
    Timestamp,
    /// List the packs, each bin a part of them.
    Bins,
}

/// A word that is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not root, targets, snapshot, timestamp or bins")]
pub struct SigningRoleError(String);

/// The keys of a role, and how many of them must sign.
#[derive(Debug, Clone)]
pub struct RoleSetup {
    /// The keys.
    pub keys: Vec<Key>,
    /// How many different keys must sign.
    pub threshold: NonZeroU32,
}

/// A new registry.
#[derive(Debug, Clone)]
pub struct RegistrySetup {
    /// Its name, for life.
    pub name: RegistryName,
    /// Who signs root.
    pub root: RoleSetup,
    /// Who signs the top-level targets.
    pub targets: RoleSetup,
    /// Who signs the snapshot.
    pub snapshot: RoleSetup,
    /// Who signs the timestamp.
    pub timestamp: RoleSetup,
    /// The bins, if the registry is to have any.
    pub bins: Option<(BinCount, RoleSetup)>,
    /// For how long metadata is valid.
    pub expiry: ExpiryDays,
}

impl SigningRole {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Root, Self::Targets, Self::Snapshot, Self::Timestamp, Self::Bins];

    /// The word for the role, on the command line and in file names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Targets => "targets",
            Self::Snapshot => "snapshot",
            Self::Timestamp => "timestamp",
            Self::Bins => "bins",
        }
    }

    /// The days for which the role's metadata is valid.
    pub const fn days(self, expiry: &ExpiryDays) -> u32 {
        match self {
            Self::Root => expiry.root,
            Self::Targets => expiry.targets,
            Self::Snapshot => expiry.snapshot,
            Self::Timestamp => expiry.timestamp,
            Self::Bins => expiry.bins,
        }
    }

    /// The place of the role's days.
    pub const fn days_mut(self, expiry: &mut ExpiryDays) -> &mut u32 {
        match self {
            Self::Root => &mut expiry.root,
            Self::Targets => &mut expiry.targets,
            Self::Snapshot => &mut expiry.snapshot,
            Self::Timestamp => &mut expiry.timestamp,
            Self::Bins => &mut expiry.bins,
        }
    }
}

impl fmt::Display for SigningRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SigningRole {
    type Err = SigningRoleError;

    fn from_str(text: &str) -> Result<Self, SigningRoleError> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| SigningRoleError(text.to_owned()))
    }
}

impl RoleSetup {
    /// One key, which suffices.
    pub fn one(key: Key) -> Self {
        Self { keys: vec![key], threshold: NonZeroU32::MIN }
    }
}

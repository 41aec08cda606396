//! For how long the metadata of each role is valid, in whole days.

use serde::{Deserialize, Serialize};

/// Days from signing to expiry, by role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct ExpiryDays {
    /// For root.
    pub root: u32,
    /// For the top-level targets.
    pub targets: u32,
    /// For the snapshot.
    pub snapshot: u32,
    /// For the timestamp: how long a bundle can be installed after the registry was last signed.
    pub timestamp: u32,
    /// For the bins.
    pub bins: u32,
}

impl Default for ExpiryDays {
    /// Five years for root, one for targets, bins and snapshot, ninety days for the timestamp.
    fn default() -> Self {
        Self { root: 5 * 365, targets: 365, snapshot: 365, timestamp: 90, bins: 365 }
    }
}

//! From the trusted root to the newest one, version by version: TUF 5.3.
//!
//! Expiry of the last root and what follows from rotated keys is the client's next step.

use std::collections::BTreeMap;

use attune_schemas::Digest;
use attune_schemas::tuf::{Key, KeyId, RegistryName, RoleKeys, RoleType, Root};

use super::anchor::{TrustAnchor, registry_name};
use super::error::TrustError;
use super::fetch::{Fetch, fetch_optional};
use super::verified::{Authority, Verified};

/// How many roots may follow the trusted one in one update.
const MAX_ROTATIONS: u64 = 256;

/// Where the chain of roots ended.
#[derive(Debug)]
pub(super) struct RootChain {
    /// The newest root.
    pub(super) root: Verified<Root>,
    /// The registry all of them are of.
    pub(super) registry_name: RegistryName,
    /// Whether the keys of timestamp or snapshot changed anywhere on the way.
    pub(super) online_keys_rotated: bool,
    /// Every root passed, by version, the first and the last included.
    passed: BTreeMap<u64, Digest>,
}

impl RootChain {
    /// Follows the chain from `trusted`. Where the source ends, a newer root that a person gave may be
    /// the next link; it has to fit like any other.
    pub(super) fn follow(
        trusted: Verified<Root>,
        given: Option<&TrustAnchor>,
        source: &dyn Fetch,
        max_bytes: u64,
    ) -> Result<Self, TrustError> {
        let name = registry_name("root.json", trusted.role())?.clone();
        require_consistent("root.json", trusted.role())?;
        let passed = BTreeMap::from([(trusted.version(), trusted.signed_digest())]);
        let mut chain = Self { root: trusted, registry_name: name, online_keys_rotated: false, passed };
        for _ in 0..=MAX_ROTATIONS {
            // 5.3.2, 5.3.3: N+1 is asked for by name; only its certain absence ends the chain.
            let Some(next) = chain.root.version().checked_add(1) else { return Ok(chain) };
            let file = format!("{next}.root.json");
            let given = given.filter(|anchor| anchor.root().version() == next);
            let bytes = match fetch_optional(source, &file, max_bytes)? {
                Some(bytes) => bytes,
                None => match given {
                    Some(anchor) => anchor.root().bytes().to_vec(),
                    None => return Ok(chain),
                },
            };
            chain.advance(next, &file, &bytes)?;
        }
        Err(TrustError::TooManyRotations { limit: MAX_ROTATIONS })
    }

    /// Whether `anchor` is one of the roots passed, or older than all of them.
    pub(super) fn require_leads_to(&self, anchor: &TrustAnchor) -> Result<(), TrustError> {
        let version = anchor.root().version();
        let is_older = self.passed.first_key_value().is_some_and(|(first, _)| version < *first);
        let is_passed = self.passed.get(&version) == Some(&anchor.root().signed_digest());
        if *anchor.registry_name() == self.registry_name && (is_older || is_passed) {
            return Ok(());
        }
        Err(TrustError::DifferentRoot {
            registry: self.registry_name.clone(),
            trusted: self.root.version(),
            offered: version,
        })
    }

    fn advance(&mut self, expected: u64, file: &str, bytes: &[u8]) -> Result<(), TrustError> {
        // 5.3.4: signed by a threshold of the old root's keys and of its own.
        let old = Authority::top_level(self.root.role(), RoleType::Root);
        let next = Verified::<Root>::check(file, bytes, old)?;
        let next =
            Verified::<Root>::check(file, next.bytes(), Authority::top_level(next.role(), RoleType::Root))?;
        // 5.3.5: exactly one version further.
        if next.version() != expected {
            return Err(TrustError::WrongVersion { file: file.to_owned(), expected, actual: next.version() });
        }
        // 5.3.12: consistent snapshots cannot be given up, as only those are supported.
        require_consistent(file, next.role())?;
        let offered = registry_name(file, next.role())?;
        if *offered != self.registry_name {
            return Err(TrustError::RegistryRenamed {
                file: file.to_owned(),
                trusted: self.registry_name.clone(),
                offered: offered.clone(),
            });
        }
        // 5.3.6: the expiry of a root on the way does not matter. 5.3.7: the new root is trusted.
        self.online_keys_rotated |= [RoleType::Timestamp, RoleType::Snapshot]
            .into_iter()
            .any(|role| is_rotated(self.root.role(), next.role(), role));
        self.passed.insert(next.version(), next.signed_digest());
        self.root = next;
        Ok(())
    }
}

fn require_consistent(file: &str, root: &Root) -> Result<(), TrustError> {
    if root.consistent_snapshot { Ok(()) } else { Err(TrustError::NotConsistent { file: file.to_owned() }) }
}

fn is_rotated(old: &Root, new: &Root, role: RoleType) -> bool {
    let keys = |root: &Root| key_set(root.roles.get(role), &root.keys);
    keys(old) != keys(new)
}

fn key_set(role: &RoleKeys, keys: &BTreeMap<KeyId, Key>) -> BTreeMap<KeyId, Option<Key>> {
    role.keyids.iter().map(|id| (id.clone(), keys.get(id).cloned())).collect()
}

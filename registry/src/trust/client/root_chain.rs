//! From the trusted root to the newest one, version by version: TUF 5.3.
//!
//! Expiry of the last root is the updater's next step.

use std::collections::BTreeMap;

use attune_schemas::Digest;
use attune_schemas::tuf::{Key, KeyId, RoleKeys, RoleType, Root};

use crate::trust::state::{Authority, MetadataError, SeenVersions, StateError, Verified, registry_name};

use super::error::TrustError;
use super::fetch::{Fetch, fetch_next};
use super::keeper::Keeper;

/// How many roots may follow the trusted one in one update.
const MAX_ROTATIONS: u64 = 256;

/// The rules for every root beyond its signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::trust) enum RootRules {
    /// Nothing more.
    AnyRepository,
    /// Consistent snapshots, and one registry name that never changes.
    OneRegistry,
}

/// The chain, as far as it was followed.
#[derive(Debug)]
pub(super) struct RootChain<'a> {
    /// The newest root.
    pub(super) root: Verified<Root>,
    /// Every root passed, by version, the first and the last included.
    pub(super) passed: PassedRoots,
    /// Whether versions seen before were dropped on the way.
    pub(super) seen_was_dropped: bool,
    rules: RootRules,
    keeper: &'a Keeper,
}

/// Roots by version: the digest of the signed bytes, and the file.
pub(super) type PassedRoots = BTreeMap<u64, (Digest, Vec<u8>)>;

impl<'a> RootChain<'a> {
    pub(super) fn start(
        trusted: Verified<Root>,
        rules: RootRules,
        keeper: &'a Keeper,
    ) -> Result<Self, TrustError> {
        rules.check("root.json", trusted.role(), trusted.role())?;
        let passed = BTreeMap::from([passed(&trusted)]);
        Ok(Self { root: trusted, passed, seen_was_dropped: false, rules, keeper })
    }

    /// Follows the chain to its end. If the source has no further root, a newer root that a person gave may
    /// be the next link; it has to fit like any other. `seen` loses the versions that the roots on the way
    /// revoke.
    pub(super) fn follow(
        &mut self,
        seen: &mut SeenVersions,
        given: Option<&Verified<Root>>,
        source: &dyn Fetch,
        max_bytes: u64,
    ) -> Result<(), TrustError> {
        for _ in 0..=MAX_ROTATIONS {
            // 5.3.2, 5.3.3: N+1 is asked for by name; only its absence ends the chain, or
            // a refusal in the place of one.
            let Some(next) = self.root.version().checked_add(1) else { return Ok(()) };
            let file = format!("{next}.root.json");
            let given = given.filter(|given| given.version() == next);
            let bytes = match fetch_next(source, &file, max_bytes)? {
                Some(bytes) => bytes,
                None => match given {
                    Some(given) => given.bytes().to_vec(),
                    None => return Ok(()),
                },
            };
            self.advance(next, &file, &bytes, seen)?;
        }
        Err(TrustError::TooManyRotations { limit: MAX_ROTATIONS })
    }

    /// Whether `given` is one of the roots passed, or older than all of them.
    pub(super) fn require_leads_to(&self, given: &Verified<Root>) -> Result<(), TrustError> {
        let registry = registry_name("root.json", self.root.role())?;
        let is_same = registry_name("root.json", given.role())? == registry;
        let is_older = self.passed.first_key_value().is_some_and(|(first, _)| given.version() < *first);
        let is_passed =
            self.passed.get(&given.version()).is_some_and(|(digest, _)| *digest == given.signed_digest());
        if is_same && (is_older || is_passed) {
            return Ok(());
        }
        let (trusted, offered) = (self.root.version(), given.version());
        Err(StateError::DifferentRoot { registry: registry.clone(), trusted, offered }.into())
    }

    fn advance(
        &mut self,
        expected: u64,
        file: &str,
        bytes: &[u8],
        seen: &mut SeenVersions,
    ) -> Result<(), TrustError> {
        // 5.3.4: signed by a threshold of the old root's keys and of its own.
        let old = Authority::top_level(self.root.role(), RoleType::Root);
        let next = Verified::<Root>::check(file, bytes, old)?;
        let next =
            Verified::<Root>::check(file, next.bytes(), Authority::top_level(next.role(), RoleType::Root))?;
        // 5.3.5: exactly one version further.
        if next.version() != expected {
            return Err(TrustError::WrongVersion { file: file.to_owned(), expected, actual: next.version() });
        }
        self.rules.check(file, next.role(), self.root.role())?;
        // 5.3.6: the expiry of a root on the way does not matter.
        // 5.3.11: after a rotation, versions seen under the old keys bind no more: the holder of the old
        // keys may have run the version numbers up. Nor do versions that a raised threshold left unproven.
        let is_rotated = [RoleType::Timestamp, RoleType::Snapshot]
            .into_iter()
            .any(|role| is_rotated(self.root.role(), next.role(), role));
        let dropped = if is_rotated { seen.clear() } else { seen.retain_signed_by(next.role()) };
        self.seen_was_dropped |= dropped;
        // 5.3.7, 5.3.8: the new root is trusted, and kept.
        self.keeper.keep_root(&next, is_rotated)?;
        self.passed.extend([passed(&next)]);
        self.root = next;
        // 5.3.9: once more, from 5.3.2. 5.3.12: whether file names carry versions is the last root's word.
        Ok(())
    }
}

impl RootRules {
    /// Whether `root` may follow `previous`.
    pub(in crate::trust) fn check(self, file: &str, root: &Root, previous: &Root) -> Result<(), TrustError> {
        if self == Self::AnyRepository {
            return Ok(());
        }
        if !root.consistent_snapshot {
            return Err(TrustError::NotConsistent { file: file.to_owned() });
        }
        let (offered, trusted) = (registry_name(file, root)?, registry_name(file, previous)?);
        if offered == trusted {
            return Ok(());
        }
        let renamed = MetadataError::RegistryRenamed {
            file: file.to_owned(),
            trusted: trusted.clone(),
            offered: offered.clone(),
        };
        Err(renamed.into())
    }
}

fn passed(root: &Verified<Root>) -> (u64, (Digest, Vec<u8>)) {
    (root.version(), (root.signed_digest(), root.bytes().to_vec()))
}

/// Whether a key of `role` was taken away: one that is added alone revokes nothing.
fn is_rotated(old: &Root, new: &Root, role: RoleType) -> bool {
    let new = key_set(new.roles.get(role), &new.keys);
    key_set(old.roles.get(role), &old.keys).into_iter().any(|(id, key)| new.get(&id) != Some(&key))
}

fn key_set(role: &RoleKeys, keys: &BTreeMap<KeyId, Key>) -> BTreeMap<KeyId, Option<Key>> {
    role.keyids.iter().map(|id| (id.clone(), keys.get(id).cloned())).collect()
}

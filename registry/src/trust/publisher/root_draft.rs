//! The next root, before it is published: changed, carried to its signers, signed by one after the other,
//! and carried back.
//!
//! A draft is a root file like any other, with fewer signatures than it needs. Its signers need not be
//! near the registry; copies signed by different people are merged again.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use attune_schemas::tuf::{Envelope, Key, KeyId, MetadataTime, RoleKeys, RoleType, Root, Signature};
use jiff::Timestamp as Instant;

use crate::trust::client::{RootRules, TrustError};
use crate::trust::keys::{Keyring, Sign, verify_role};
use crate::trust::state::{Authority, MetadataError, Verified};

use super::error::PublishError;
use super::publication::MetadataFiles;
use super::repository::Repository;
use super::setup::SigningRole;
use super::signer::{after, expiry, key_id, period, to_bytes, unsigned};

const FILE: &str = "the draft of the next root";

/// A root that waits for signatures.
#[derive(Debug, Clone)]
pub struct RootDraft {
    root: Root,
    envelope: Envelope,
}

/// The progress towards one of the two thresholds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// How many different keys must sign.
    pub needed: u32,
    /// The keys that have.
    pub signed: Vec<KeyId>,
    /// The keys that may and have not.
    pub unsigned: Vec<KeyId>,
}

impl Progress {
    /// Whether enough have signed.
    pub fn is_met(&self) -> bool {
        self.signed.len() >= self.needed as usize
    }
}

impl RootDraft {
    /// A successor of `current` that differs from it in version and expiry alone.
    pub fn after(current: &Root, now: Instant) -> Result<Self, PublishError> {
        let mut root = current.clone();
        root.version = after(current.version);
        root.expires = next_expiry(&root, now)?;
        Ok(Self::unsigned(root)?)
    }

    /// Reads a draft, whether it is signed or not.
    pub fn parse(bytes: &[u8]) -> Result<Self, MetadataError> {
        let malformed = |source| MetadataError::Malformed { file: FILE.to_owned(), source };
        let envelope = Envelope::parse(bytes).map_err(malformed)?;
        let root = envelope.decode().map_err(malformed)?;
        Ok(Self { root, envelope })
    }

    /// The file.
    pub fn to_bytes(&self) -> Result<Vec<u8>, MetadataError> {
        to_bytes(FILE, &self.envelope)
    }

    /// The root that it will be.
    pub const fn root(&self) -> &Root {
        &self.root
    }

    /// The same draft with `key` among those of `role`; signatures are gone, as they were for another.
    pub fn with_key(mut self, role: RoleType, key: &Key) -> Result<Self, PublishError> {
        let id = key_id(key)?;
        let role_keys = role_keys_mut(&mut self.root, role);
        if !role_keys.keyids.contains(&id) {
            role_keys.keyids.push(id.clone());
        }
        self.root.keys.insert(id, key.clone());
        Ok(Self::unsigned(self.root)?)
    }

    /// The same draft without key `id` in `role`.
    ///
    /// # Errors
    /// [`PublishError::NoSuchKey`] when the role has no such key, [`PublishError::TooFewKeys`] when the
    /// remaining keys could not meet the role's threshold.
    pub fn without_key(mut self, role: RoleType, id: &KeyId) -> Result<Self, PublishError> {
        let role_keys = role_keys_mut(&mut self.root, role);
        let before = role_keys.keyids.len();
        role_keys.keyids.retain(|listed| listed != id);
        if role_keys.keyids.len() == before {
            return Err(PublishError::NoSuchKey { role: role.as_str().to_owned(), id: id.to_string() });
        }
        let used = RoleType::ALL.iter().any(|role| self.root.roles.get(*role).keyids.contains(id));
        if !used {
            self.root.keys.remove(id);
        }
        Self::unsigned(self.root)?.checked(role)
    }

    /// The same draft, in which `threshold` keys of `role` must sign.
    pub fn with_threshold(mut self, role: RoleType, threshold: NonZeroU32) -> Result<Self, PublishError> {
        role_keys_mut(&mut self.root, role).threshold = threshold;
        Self::unsigned(self.root)?.checked(role)
    }

    /// The same draft, by which metadata of `role` is valid for `days` from signing.
    pub fn with_expiry(mut self, role: SigningRole, days: u32, now: Instant) -> Result<Self, PublishError> {
        let mut expiry = self.root.expiry_days.unwrap_or_default();
        *role.days_mut(&mut expiry) = days;
        self.root.expiry_days = Some(expiry);
        self.root.expires = next_expiry(&self.root, now)?;
        Ok(Self::unsigned(self.root)?)
    }

    /// Signs with `key`, even if no role lists it; returns whether the signature is new.
    pub fn sign(&mut self, key: &dyn Sign) -> Result<bool, PublishError> {
        let signature = key.sign(&self.message()?)?;
        Ok(self.put(signature))
    }

    /// Takes over the signatures of another copy of the same draft; returns how many were new.
    ///
    /// # Errors
    /// [`PublishError::OtherDraft`] when the two do not say the same.
    pub fn merge(&mut self, other: &Self) -> Result<usize, PublishError> {
        if self.message()? != other.message()? {
            return Err(PublishError::OtherDraft);
        }
        Ok(other.envelope.signatures.iter().filter(|signature| self.put((*signature).clone())).count())
    }

    /// The progress towards being `current`'s successor: by the keys of `current`, and by its own.
    pub fn progress(&self, current: &Root) -> Result<(Progress, Progress), MetadataError> {
        Ok((self.signed_for(current)?, self.signed_by_own()?))
    }

    /// The progress by the draft's own keys, which is all that is known without the root before it.
    pub fn signed_by_own(&self) -> Result<Progress, MetadataError> {
        self.signed_for(&self.root)
    }

    fn signed_for(&self, by: &Root) -> Result<Progress, MetadataError> {
        let message = self.message()?;
        let alone = |id: &KeyId| RoleKeys {
            keyids: vec![id.clone()],
            threshold: NonZeroU32::MIN,
            extra: BTreeMap::new(),
        };
        let role = &by.roles.root;
        let has_signed =
            |id: &&KeyId| verify_role(&alone(id), &by.keys, &message, &self.envelope.signatures).is_ok();
        let (signed, unsigned) = role.keyids.iter().partition::<Vec<_>, _>(has_signed);
        let owned = |ids: Vec<&KeyId>| ids.into_iter().cloned().collect();
        Ok(Progress { needed: role.threshold.get(), signed: owned(signed), unsigned: owned(unsigned) })
    }

    fn unsigned(root: Root) -> Result<Self, MetadataError> {
        let envelope = unsigned(FILE, &root)?;
        Ok(Self { root, envelope })
    }

    fn checked(self, role: RoleType) -> Result<Self, PublishError> {
        let keys = self.root.roles.get(role);
        let (needed, have) = (keys.threshold.get(), keys.keyids.len());
        if (needed as usize) <= have {
            return Ok(self);
        }
        Err(PublishError::TooFewKeys { role: role.as_str().to_owned(), needed, have })
    }

    fn message(&self) -> Result<Vec<u8>, MetadataError> {
        let malformed = |source| MetadataError::Malformed { file: FILE.to_owned(), source };
        self.envelope.signed_bytes().map_err(malformed)
    }

    /// Adds a signature, in place of an older one by the same key.
    fn put(&mut self, signature: Signature) -> bool {
        let signatures = &mut self.envelope.signatures;
        if signatures.contains(&signature) {
            return false;
        }
        signatures.retain(|other| other.keyid != signature.keyid);
        signatures.push(signature);
        signatures.sort_by(|a, b| a.keyid.cmp(&b.keyid));
        true
    }
}

impl Repository {
    /// Makes `draft` the registry's next root, and signs anew every role that it takes from its current
    /// keys: the files to write.
    ///
    /// # Errors
    /// [`TrustError::WrongVersion`] when it does not follow the current root, [`MetadataError::Signatures`]
    /// when the old or the new keys have not all signed, [`PublishError::KeysMissing`] when a role below
    /// root goes to keys that are not at hand.
    pub fn publish_root(
        &self,
        draft: &RootDraft,
        keys: &Keyring,
        now: Instant,
    ) -> Result<MetadataFiles, PublishError> {
        let version = after(self.root().role().version).get();
        let file = format!("{version}.root.json");
        let bytes = draft.to_bytes()?;
        let actual = draft.root().version.get();
        if actual != version {
            let wrong = TrustError::WrongVersion { file: FILE.to_owned(), expected: version, actual };
            return Err(wrong.into());
        }
        // The very steps of a client, so that no root is published which would lock every host out.
        let old = Authority::top_level(self.root().role(), RoleType::Root);
        Verified::<Root>::check(&file, &bytes, old)?;
        let next = Verified::<Root>::check_own(&file, &bytes)?;
        RootRules::OneRegistry.check(&file, next.role(), self.root().role())?;
        self.adopt_root(&next, keys, now)
    }
}

fn next_expiry(root: &Root, now: Instant) -> Result<MetadataTime, PublishError> {
    expiry(now, period(SigningRole::Root, &root.expiry_days.unwrap_or_default()))
}

fn role_keys_mut(root: &mut Root, role: RoleType) -> &mut RoleKeys {
    match role {
        RoleType::Root => &mut root.roles.root,
        RoleType::Timestamp => &mut root.roles.timestamp,
        RoleType::Snapshot => &mut root.roles.snapshot,
        RoleType::Targets => &mut root.roles.targets,
    }
}

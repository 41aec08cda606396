//! Building and signing one role's metadata.
//!
//! It stands below [`Repository`](super::repository::Repository), which decides what is signed and when.
//! Every signed role is verified at once as a client would, so that keys which do not meet a threshold
//! are found by the publisher and not by every host.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::num::NonZeroU64;

use attune_schemas::tuf::{
    Delegations, Envelope, ExpiryDays, ExtraFields, Key, KeyId, MetaFile, MetadataTime, Role, RoleKeys,
    RoleType, Root, RootRoles, Snapshot, SpecVersion, TargetFile, Targets, Timestamp, TimestampMeta,
};
use jiff::{SignedDuration, Timestamp as Instant};

use crate::trust::keys::Keyring;
use crate::trust::state::{Authority, MetadataError, Verified};

use super::error::PublishError;
use super::setup::{RegistrySetup, RoleSetup, SigningRole};

/// Signs the roles below root, and accepts only metadata that root's clients will accept.
pub(super) struct Signer<'a> {
    pub(super) root: &'a Root,
    /// The root before, while a change of root is under way: what is signed should satisfy its clients, too.
    pub(super) before: Option<&'a Root>,
    /// Whether something could not be signed for the root before, for want of its keys.
    pub(super) left_behind: Cell<bool>,
    pub(super) keys: &'a Keyring,
    /// The time of signing, never before that of the timestamp which is replaced.
    pub(super) now: Instant,
}

impl<'a> Signer<'a> {
    /// Whether less than a third of the role's period is left.
    pub(super) fn is_due(&self, role: SigningRole, expires: MetadataTime) -> bool {
        expires.timestamp().duration_since(self.now) < self.period(role) / 3
    }

    /// A targets role with new content: the top-level one, or the bin that `bin` names.
    pub(super) fn targets(
        &self,
        version: NonZeroU64,
        targets: BTreeMap<String, TargetFile>,
        delegations: Option<Delegations>,
        previous: Option<&Targets>,
        bin: Option<Authority<'_>>,
    ) -> Result<Verified<Targets>, PublishError> {
        let signing = if bin.is_some() { SigningRole::Bins } else { SigningRole::Targets };
        let role = Targets {
            role_type: RoleType::Targets,
            spec_version: SpecVersion::written(),
            version,
            expires: self.expiry(signing)?,
            targets,
            delegations,
            extra: previous.map(|previous| previous.extra.clone()).unwrap_or_default(),
        };
        self.sign(&role, bin.unwrap_or_else(|| self.authority(RoleType::Targets)))
    }

    pub(super) fn snapshot(
        &self,
        version: NonZeroU64,
        meta: BTreeMap<String, MetaFile>,
    ) -> Result<Verified<Snapshot>, PublishError> {
        let role = Snapshot {
            role_type: RoleType::Snapshot,
            spec_version: SpecVersion::written(),
            version,
            expires: self.expiry(SigningRole::Snapshot)?,
            meta,
            extra: ExtraFields::new(),
        };
        self.sign(&role, self.authority(RoleType::Snapshot))
    }

    pub(super) fn timestamp(
        &self,
        version: NonZeroU64,
        snapshot: &Verified<Snapshot>,
    ) -> Result<Verified<Timestamp>, PublishError> {
        let described = MetaFile::describe(snapshot.role().version, snapshot.bytes());
        let role = Timestamp {
            role_type: RoleType::Timestamp,
            spec_version: SpecVersion::written(),
            version,
            expires: self.expiry(SigningRole::Timestamp)?,
            meta: TimestampMeta { snapshot: described, extra: ExtraFields::new() },
            signed_at: Some(MetadataTime::at(self.now)?),
            extra: ExtraFields::new(),
        };
        self.sign(&role, self.authority(RoleType::Timestamp))
    }

    fn authority(&self, role: RoleType) -> Authority<'a> {
        Authority::top_level(self.root, role)
    }

    fn sign<R: Role>(&self, role: &R, authority: Authority<'_>) -> Result<Verified<R>, PublishError> {
        let file = format!("{}.json", authority.role);
        let mut envelope = unsigned(&file, role)?;
        sign_as(&mut envelope, authority, self.keys)?;
        // Bins are delegated by targets, not by root.
        let before = self.before.filter(|_| authority.role == R::TYPE.as_str());
        if let Some(before) = before.map(|root| Authority::top_level(root, R::TYPE)) {
            match sign_as(&mut envelope, before, self.keys) {
                Err(PublishError::KeysMissing { .. } | PublishError::Key(_)) => self.left_behind.set(true),
                result => result?,
            }
        }
        Ok(Verified::check(&file, &to_bytes(&file, &envelope)?, authority)?)
    }

    fn period(&self, role: SigningRole) -> SignedDuration {
        period(role, &self.root.expiry_days.unwrap_or_default())
    }

    fn expiry(&self, role: SigningRole) -> Result<MetadataTime, PublishError> {
        expiry(self.now, self.period(role))
    }
}

/// A root as `setup` says.
pub(super) fn first_root(setup: &RegistrySetup, now: Instant) -> Result<Root, PublishError> {
    let mut keys = BTreeMap::new();
    let mut list = |role: &RoleSetup| {
        let (listed, role_keys) = role_keys(role)?;
        keys.extend(listed);
        Ok::<_, MetadataError>(role_keys)
    };
    let roles = RootRoles {
        root: list(&setup.root)?,
        timestamp: list(&setup.timestamp)?,
        snapshot: list(&setup.snapshot)?,
        targets: list(&setup.targets)?,
        extra: ExtraFields::new(),
    };
    Ok(Root {
        role_type: RoleType::Root,
        spec_version: SpecVersion::written(),
        version: NonZeroU64::MIN,
        expires: expiry(now, period(SigningRole::Root, &setup.expiry))?,
        consistent_snapshot: true,
        keys,
        roles,
        registry_name: Some(setup.name.clone()),
        expiry_days: Some(setup.expiry),
        extra: ExtraFields::new(),
    })
}

/// The keys of a role by id, and how metadata names them.
pub(super) fn role_keys(setup: &RoleSetup) -> Result<(BTreeMap<KeyId, Key>, RoleKeys), MetadataError> {
    let mut keys = BTreeMap::new();
    for key in &setup.keys {
        keys.insert(key_id(key)?, key.clone());
    }
    let keyids = keys.keys().cloned().collect();
    Ok((keys, RoleKeys { keyids, threshold: setup.threshold, extra: ExtraFields::new() }))
}

/// The id of `key`.
pub(super) fn key_id(key: &Key) -> Result<KeyId, MetadataError> {
    key.id().map_err(|source| MetadataError::Malformed { file: "key".to_owned(), source: source.into() })
}

/// A metadata file around `role`, without signatures.
pub(super) fn unsigned<R: Role>(file: &str, role: &R) -> Result<Envelope, MetadataError> {
    Envelope::unsigned(role).map_err(|source| MetadataError::Malformed { file: file.to_owned(), source })
}

/// The bytes of a metadata file.
pub(super) fn to_bytes(file: &str, envelope: &Envelope) -> Result<Vec<u8>, MetadataError> {
    envelope.to_bytes().map_err(|source| MetadataError::Malformed { file: file.to_owned(), source })
}

/// Adds as many signatures as the role needs, by those of its keys that are at hand.
///
/// # Errors
/// [`PublishError::KeysMissing`] when there are too few; a key that fails counts as missing, and its error
/// is the cause.
pub(super) fn sign_as(
    envelope: &mut Envelope,
    authority: Authority<'_>,
    keys: &Keyring,
) -> Result<(), PublishError> {
    let file = format!("{}.json", authority.role);
    let message =
        envelope.signed_bytes().map_err(|source| MetadataError::Malformed { file: file.clone(), source })?;
    let needed = authority.role_keys.threshold.get() as usize;
    let is_of_role = |id: &KeyId| authority.role_keys.keyids.contains(id);
    let signed =
        |envelope: &Envelope| envelope.signatures.iter().filter(|one| is_of_role(&one.keyid)).count();
    let mut failure = None;
    for key in keys.of(authority.role_keys) {
        if signed(envelope) >= needed {
            break;
        }
        if envelope.signatures.iter().any(|one| one.keyid == *key.id()) {
            continue;
        }
        match key.sign(&message) {
            Ok(signature) => envelope.signatures.push(signature),
            Err(error) => failure = Some(error),
        }
    }
    if signed(envelope) >= needed {
        return Ok(());
    }
    if let Some(error) = failure {
        return Err(error.into());
    }
    Err(missing(authority, keys))
}

/// Whether `keys` hold as many keys of the role as must sign; none of them is asked to.
pub(super) fn require(authority: Authority<'_>, keys: &Keyring) -> Result<(), PublishError> {
    let needed = authority.role_keys.threshold.get() as usize;
    if keys.of(authority.role_keys).len() >= needed { Ok(()) } else { Err(missing(authority, keys)) }
}

fn missing(authority: Authority<'_>, keys: &Keyring) -> PublishError {
    let at_hand: Vec<&KeyId> = keys.of(authority.role_keys).into_iter().map(|key| key.id()).collect();
    let missing = authority.role_keys.keyids.iter().filter(|id| !at_hand.contains(id)).cloned().collect();
    PublishError::KeysMissing {
        role: authority.role.to_owned(),
        needed: authority.role_keys.threshold.get(),
        have: at_hand.len(),
        missing,
    }
}

pub(super) fn period(role: SigningRole, days: &ExpiryDays) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(role.days(days)))
}

pub(super) fn expiry(now: Instant, period: SignedDuration) -> Result<MetadataTime, PublishError> {
    // A period beyond the last date ends with it.
    Ok(MetadataTime::at(now.checked_add(period).unwrap_or(Instant::MAX))?)
}

/// The version that follows `version`.
pub(super) fn after(version: NonZeroU64) -> NonZeroU64 {
    version.saturating_add(1)
}

//! Building and signing one role's metadata.
//!
//! It stands below [`Repository`](super::repository::Repository), which decides what is signed and when.
//! Whatever is signed here is verified at once as a client would, so that keys which do not meet a
//! threshold are found by the publisher and not by every host.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};

use attune_schemas::tuf::{
    Envelope, Expires, ExtraFields, Key, KeyId, MetaFile, Role, RoleKeys, RoleType, Root, RootRoles,
    Snapshot, SpecVersion, TargetFile, Targets, Timestamp, TimestampMeta,
};
use jiff::{SignedDuration, Timestamp as Instant};

use super::error::TrustError;
use super::keys::SigningKey;
use super::repository::{InitOptions, Periods, RepositoryKeys};
use super::verified::{Authority, Verified};

/// Signs the roles below root, and accepts only what root's clients will accept.
pub(super) struct Signer<'a> {
    pub(super) root: &'a Root,
    pub(super) keys: &'a RepositoryKeys,
    pub(super) periods: Periods,
    pub(super) now: Instant,
}

impl Signer<'_> {
    pub(super) fn is_due(&self, role: &impl Role, period: SignedDuration) -> bool {
        role.expires().timestamp().duration_since(self.now) < period / 3
    }

    pub(super) fn targets(
        &self,
        version: NonZeroU64,
        targets: BTreeMap<String, TargetFile>,
        previous: Option<&Targets>,
    ) -> Result<Verified<Targets>, TrustError> {
        let role = Targets {
            role_type: RoleType::Targets,
            spec_version: SpecVersion::written(),
            version,
            expires: expiry(self.now, self.periods.targets)?,
            targets,
            delegations: previous.and_then(|previous| previous.delegations.clone()),
            extra: previous.map(|previous| previous.extra.clone()).unwrap_or_default(),
        };
        self.sign(&role, &self.keys.targets)
    }

    pub(super) fn snapshot(
        &self,
        version: NonZeroU64,
        mut meta: BTreeMap<String, MetaFile>,
        targets: &Verified<Targets>,
    ) -> Result<Verified<Snapshot>, TrustError> {
        let described = MetaFile::describe(targets.role().version, targets.bytes());
        meta.insert("targets.json".to_owned(), described);
        let role = Snapshot {
            role_type: RoleType::Snapshot,
            spec_version: SpecVersion::written(),
            version,
            expires: expiry(self.now, self.periods.snapshot)?,
            meta,
            extra: ExtraFields::new(),
        };
        self.sign(&role, &self.keys.snapshot)
    }

    pub(super) fn timestamp(
        &self,
        version: NonZeroU64,
        snapshot: &Verified<Snapshot>,
    ) -> Result<Verified<Timestamp>, TrustError> {
        let described = MetaFile::describe(snapshot.role().version, snapshot.bytes());
        let role = Timestamp {
            role_type: RoleType::Timestamp,
            spec_version: SpecVersion::written(),
            version,
            expires: expiry(self.now, self.periods.timestamp)?,
            meta: TimestampMeta { snapshot: described, extra: ExtraFields::new() },
            extra: ExtraFields::new(),
        };
        self.sign(&role, &self.keys.timestamp)
    }

    fn sign<R: Role>(&self, role: &R, keys: &[SigningKey]) -> Result<Verified<R>, TrustError> {
        let file = format!("{}.json", R::TYPE);
        let bytes = signed(&file, role, keys)?;
        Verified::check(&file, &bytes, Authority::top_level(self.root, R::TYPE))
    }
}

/// The file of `root`, signed by `keys`, its own among them.
pub(super) fn sign_root(root: &Root, keys: &[SigningKey]) -> Result<Verified<Root>, TrustError> {
    let bytes = signed("root.json", root, keys)?;
    Verified::check_own("root.json", &bytes)
}

/// The file of `role`, signed once by each of `keys`.
fn signed<R: Role>(file: &str, role: &R, keys: &[SigningKey]) -> Result<Vec<u8>, TrustError> {
    let malformed = |source| TrustError::Malformed { file: file.to_owned(), source };
    let mut envelope = Envelope::unsigned(role).map_err(malformed)?;
    let message = envelope.signed_bytes().map_err(malformed)?;
    let distinct: BTreeMap<_, _> = keys.iter().map(|key| (key.id(), key)).collect();
    envelope.signatures = distinct.values().map(|key| key.sign(&message)).collect();
    envelope.to_bytes().map_err(malformed)
}

/// A root that names the keys of `options`.
pub(super) fn new_root(options: &InitOptions<'_>, version: NonZeroU64) -> Result<Root, TrustError> {
    let InitOptions { name, keys, thresholds, periods, now } = options;
    let all = [&keys.root, &keys.targets, &keys.snapshot, &keys.timestamp];
    Ok(Root {
        role_type: RoleType::Root,
        spec_version: SpecVersion::written(),
        version,
        expires: expiry(*now, periods.root)?,
        consistent_snapshot: true,
        keys: all.into_iter().flatten().map(listed).collect(),
        roles: RootRoles {
            root: role_keys(&keys.root, thresholds.root),
            timestamp: role_keys(&keys.timestamp, thresholds.timestamp),
            snapshot: role_keys(&keys.snapshot, thresholds.snapshot),
            targets: role_keys(&keys.targets, thresholds.targets),
            extra: ExtraFields::new(),
        },
        registry_name: Some(name.clone()),
        extra: ExtraFields::new(),
    })
}

fn listed(key: &SigningKey) -> (KeyId, Key) {
    (key.id().clone(), key.public().clone())
}

fn role_keys(keys: &[SigningKey], threshold: NonZeroU32) -> RoleKeys {
    let distinct: BTreeMap<_, _> = keys.iter().map(listed).collect();
    RoleKeys { keyids: distinct.into_keys().collect(), threshold, extra: ExtraFields::new() }
}

fn expiry(now: Instant, period: SignedDuration) -> Result<Expires, TrustError> {
    // Whoever asks for longer than dates reach gets the last one.
    Ok(Expires::at(now.checked_add(period).unwrap_or(Instant::MAX))?)
}

/// The version that follows `version`.
pub(super) fn after(version: NonZeroU64) -> NonZeroU64 {
    version.saturating_add(1)
}

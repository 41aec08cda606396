//! The publisher's side: making and signing metadata.
//!
//! It stands behind every change of a registry and touches no disk: files come out by name, in the
//! order in which they must be written, the timestamp last, as only that makes the others current.
//! What it builds on is verified as a client would, so nothing is ever signed on top of foreign files.
//! The keys of root are needed to make a registry and to change its keys, not to publish.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};

use attune_schemas::tuf::{RegistryName, Role, RoleType, Root, Snapshot, TargetFile, Targets, Timestamp};
use jiff::{SignedDuration, Timestamp as Instant};

use super::anchor::{TrustAnchor, registry_name};
use super::client::{Client, UpdateOptions};
use super::error::TrustError;
use super::expiry::ExpiryPolicy;
use super::fetch::{Fetch, Limits, fetch_required};
use super::keys::SigningKey;
use super::signer::{Signer, after, new_root, sign_root};
use super::verified::{Authority, Verified};

/// Metadata files, by name, in the order in which they must be written.
type Files = Vec<(String, Vec<u8>)>;

/// The keys that sign each role.
#[derive(Debug, Clone, Default)]
pub struct RepositoryKeys {
    /// The keys of root; best kept away from the registry.
    pub root: Vec<SigningKey>,
    /// The keys of the top-level targets.
    pub targets: Vec<SigningKey>,
    /// The keys of the snapshot.
    pub snapshot: Vec<SigningKey>,
    /// The keys of the timestamp.
    pub timestamp: Vec<SigningKey>,
}

/// How many keys must sign each role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// For root.
    pub root: NonZeroU32,
    /// For the top-level targets.
    pub targets: NonZeroU32,
    /// For the snapshot.
    pub snapshot: NonZeroU32,
    /// For the timestamp.
    pub timestamp: NonZeroU32,
}

/// For how long each role's metadata is valid after it was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Periods {
    /// For root.
    pub root: SignedDuration,
    /// For the top-level targets.
    pub targets: SignedDuration,
    /// For the snapshot.
    pub snapshot: SignedDuration,
    /// For the timestamp: how long a bundle can be installed after the registry was last published.
    pub timestamp: SignedDuration,
}

/// What a new registry's metadata is made of.
#[derive(Debug, Clone)]
pub struct InitOptions<'a> {
    /// The registry's name, for life.
    pub name: RegistryName,
    /// The keys; every role needs at least its threshold.
    pub keys: &'a RepositoryKeys,
    /// How many must sign.
    pub thresholds: Thresholds,
    /// How long metadata is valid.
    pub periods: Periods,
    /// The time of signing.
    pub now: Instant,
}

/// A registry's current metadata, to be built upon.
#[derive(Debug, Clone)]
pub struct Repository {
    root: Verified<Root>,
    targets: Verified<Targets>,
    snapshot: Verified<Snapshot>,
    timestamp: Verified<Timestamp>,
}

impl Repository {
    /// Makes the metadata of a new registry without targets, and the files to write.
    pub fn init(options: &InitOptions<'_>) -> Result<(Self, Files), TrustError> {
        let root = sign_root(&new_root(options, NonZeroU64::MIN)?, &options.keys.root)?;
        let signer = options.signer(root.role());
        let targets = signer.targets(NonZeroU64::MIN, BTreeMap::new(), None)?;
        let snapshot = signer.snapshot(NonZeroU64::MIN, BTreeMap::new(), &targets)?;
        let timestamp = signer.timestamp(NonZeroU64::MIN, &snapshot)?;
        let repository = Self { root, targets, snapshot, timestamp };
        let files = vec![
            named("1.root", &repository.root),
            named("1.targets", &repository.targets),
            named("1.snapshot", &repository.snapshot),
            named("timestamp", &repository.timestamp),
        ];
        Ok((repository, files))
    }

    /// Reads and verifies the current metadata of an existing registry, whose first root is its anchor.
    /// Expired metadata is accepted here, as publishing is what replaces it.
    pub fn open(source: &dyn Fetch, now: Instant) -> Result<Self, TrustError> {
        let limits = Limits::default();
        let first = fetch_required(source, "1.root.json", limits.root_bytes)?;
        let client = Client::without_store(&TrustAnchor::from_root_bytes(&first)?);
        let options = UpdateOptions { now, expiry: ExpiryPolicy::IGNORE, limits };
        let current = client.update(source, &options)?;
        Ok(Self {
            root: current.root().clone(),
            targets: current.targets().clone(),
            snapshot: current.snapshot().clone(),
            timestamp: current.timestamp().clone(),
        })
    }

    /// The current root.
    pub const fn root(&self) -> &Verified<Root> {
        &self.root
    }

    /// The current top-level targets.
    pub const fn targets(&self) -> &Verified<Targets> {
        &self.targets
    }

    /// Makes `targets` the registry's targets: returns the files to write, none when nothing changed
    /// and nothing has spent two thirds of its period. Delegations stay as they are.
    ///
    /// # Errors
    /// [`TrustError::Signatures`] when the keys given are not enough for a role that has to be signed.
    pub fn publish(
        &mut self,
        targets: BTreeMap<String, TargetFile>,
        keys: &RepositoryKeys,
        periods: &Periods,
        now: Instant,
    ) -> Result<Files, TrustError> {
        let signer = Signer { root: self.root.role(), keys, periods: *periods, now };
        let mut files = Files::new();
        let mut next = self.clone();
        let current = self.targets.role();
        if targets != current.targets || signer.is_due(current, periods.targets) {
            next.targets = signer.targets(after(current.version), targets, Some(current))?;
            files.push(named(&format!("{}.targets", next.targets.version()), &next.targets));
        }
        let current = self.snapshot.role();
        if !files.is_empty() || signer.is_due(current, periods.snapshot) {
            next.snapshot = signer.snapshot(after(current.version), current.meta.clone(), &next.targets)?;
            files.push(named(&format!("{}.snapshot", next.snapshot.version()), &next.snapshot));
        }
        let current = self.timestamp.role();
        if !files.is_empty() || signer.is_due(current, periods.timestamp) {
            next.timestamp = signer.timestamp(after(current.version), &next.snapshot)?;
            files.push(named("timestamp", &next.timestamp));
        }
        *self = next;
        Ok(files)
    }

    /// Changes the registry's keys, or renews its root: the next root names `keys` and is signed by them
    /// and by `old_root_keys`. All other metadata is signed anew, as its keys may have changed.
    pub fn rotate(
        &mut self,
        old_root_keys: &[SigningKey],
        options: &InitOptions<'_>,
    ) -> Result<Files, TrustError> {
        let file = format!("{}.root.json", after(self.root.role().version));
        let trusted = registry_name(&file, self.root.role())?;
        if options.name != *trusted {
            let (trusted, offered) = (trusted.clone(), options.name.clone());
            return Err(TrustError::RegistryRenamed { file, trusted, offered });
        }
        let mut root = new_root(options, after(self.root.role().version))?;
        root.extra.clone_from(&self.root.role().extra);
        let signers: Vec<_> = old_root_keys.iter().chain(&options.keys.root).cloned().collect();
        let root = sign_root(&root, &signers)?;
        // A root that the old keys did not sign would lock every client out.
        let old = Authority::top_level(self.root.role(), RoleType::Root);
        Verified::<Root>::check(&file, root.bytes(), old)?;
        let signer = options.signer(root.role());
        let current = self.targets.role();
        let targets = signer.targets(after(current.version), current.targets.clone(), Some(current))?;
        let current = self.snapshot.role();
        let snapshot = signer.snapshot(after(current.version), current.meta.clone(), &targets)?;
        let timestamp = signer.timestamp(after(self.timestamp.role().version), &snapshot)?;
        *self = Self { root, targets, snapshot, timestamp };
        Ok(vec![
            (file, self.root.bytes().to_vec()),
            named(&format!("{}.targets", self.targets.version()), &self.targets),
            named(&format!("{}.snapshot", self.snapshot.version()), &self.snapshot),
            named("timestamp", &self.timestamp),
        ])
    }
}

impl InitOptions<'_> {
    fn signer<'a>(&'a self, root: &'a Root) -> Signer<'a> {
        Signer { root, keys: self.keys, periods: self.periods, now: self.now }
    }
}

fn named<R: Role>(name: &str, metadata: &Verified<R>) -> (String, Vec<u8>) {
    (format!("{name}.json"), metadata.bytes().to_vec())
}

impl Default for Thresholds {
    fn default() -> Self {
        let one = NonZeroU32::MIN;
        Self { root: one, targets: one, snapshot: one, timestamp: one }
    }
}

impl Default for Periods {
    /// Five years for root, one for targets and snapshot, ninety days for the timestamp.
    fn default() -> Self {
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        Self { root: days(5 * 365), targets: days(365), snapshot: days(365), timestamp: days(90) }
    }
}

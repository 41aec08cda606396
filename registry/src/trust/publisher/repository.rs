//! The publisher's side: making and signing metadata.
//!
//! It stands behind every change of a registry and touches no disk: files come out by name, in the
//! order in which they must be written, the timestamp last, as only that makes the others current.
//! The metadata it builds on is verified as a client would, so nothing is ever signed on top of foreign
//! files. The keys of root are needed to make a registry and to change its keys, not to publish; if the
//! registry has bins, the keys of targets are not needed either.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::num::NonZeroU64;

use attune_schemas::tuf::{Delegations, MetadataTime, Role, RoleType, Root, Snapshot, Targets, Timestamp};
use jiff::Timestamp as Instant;

use crate::trust::client::{
    Client, ExpiryPolicy, Fetch, Limits, TrustError, UpdateOptions, VerifiedRepository, fetch_required,
};
use crate::trust::keys::Keyring;
use crate::trust::state::{Authority, MetadataError, TrustAnchor, Verified};

use super::bins::BinCount;
use super::error::PublishError;
use super::publication::{
    MetadataFiles, Publication, TargetChanges, bin_authorities, described, described_bin, named,
    named_timestamp,
};
use super::setup::{RegistrySetup, RoleSetup, SigningRole};
use super::signer::{Signer, first_root, require, role_keys, sign_as, to_bytes, unsigned};

/// A registry's current metadata, to be built upon.
#[derive(Debug)]
pub struct Repository {
    verified: VerifiedRepository,
}

/// The metadata that was signed anew, and the roles that still wait for a key.
#[derive(Debug, Default)]
pub struct Refreshed {
    /// The files to write.
    pub files: MetadataFiles,
    /// Roles that expire before long and could not be signed with the keys at hand, with their dates.
    pub expiring: Vec<(String, MetadataTime)>,
}

/// The metadata of a new registry without targets: the files to write.
pub fn init_repository(
    setup: &RegistrySetup,
    keys: &Keyring,
    now: Instant,
) -> Result<MetadataFiles, PublishError> {
    let root = first_root(setup, now)?;
    let mut envelope = unsigned("root.json", &root)?;
    sign_as(&mut envelope, Authority::top_level(&root, RoleType::Root), keys)?;
    let root = Verified::<Root>::check_own("root.json", &to_bytes("root.json", &envelope)?)?;
    let signer = Signer { root: root.role(), before: None, left_behind: Cell::new(false), keys, now };
    let mut files = vec![named("root", &root)];
    let delegations = setup.bins.as_ref().map(|(count, role)| bin_delegations(*count, role)).transpose()?;
    let targets = signer.targets(NonZeroU64::MIN, BTreeMap::new(), delegations, None, None)?;
    let mut meta = BTreeMap::from([described("targets", &targets)]);
    for bin in targets.role().delegations.iter().flat_map(bin_authorities) {
        let signed = signer.targets(NonZeroU64::MIN, BTreeMap::new(), None, None, Some(bin))?;
        meta.extend([described_bin(bin.role, &signed)]);
        files.push(named(bin.role, &signed));
    }
    let snapshot = signer.snapshot(NonZeroU64::MIN, meta)?;
    let timestamp = signer.timestamp(NonZeroU64::MIN, &snapshot)?;
    files.extend([named("targets", &targets), named("snapshot", &snapshot), named_timestamp(&timestamp)]);
    Ok(files)
}

impl Repository {
    /// Reads and verifies the current metadata of an existing registry, whose first root is its anchor.
    /// Expired metadata is accepted here, as publishing replaces it.
    pub fn open(source: &dyn Fetch, now: Instant) -> Result<Self, TrustError> {
        let limits = Limits::default();
        let first = fetch_required(source, "1.root.json", limits.root_bytes)?;
        let client = Client::without_store(&TrustAnchor::from_root_bytes(&first)?);
        let options = UpdateOptions { now, expiry: ExpiryPolicy::IGNORE, limits };
        Ok(Self { verified: client.update(source, &options)? })
    }

    /// The current root.
    pub const fn root(&self) -> &Verified<Root> {
        self.verified.root()
    }

    /// The current top-level targets.
    pub fn targets(&self) -> &Verified<Targets> {
        self.verified.targets()
    }

    /// The current snapshot.
    pub const fn snapshot(&self) -> &Verified<Snapshot> {
        self.verified.snapshot()
    }

    /// The current timestamp.
    pub const fn timestamp(&self) -> &Verified<Timestamp> {
        self.verified.timestamp()
    }

    /// Until when hosts accept it: see [`VerifiedRepository::expires_at`].
    pub fn expires_at(&self) -> MetadataTime {
        self.verified.expires_at()
    }

    /// When the registry was last signed, by the clock of whoever did.
    pub fn last_signed(&self) -> Option<Instant> {
        self.timestamp().role().signed_at.map(MetadataTime::timestamp)
    }

    /// The registry as its clients see it.
    pub const fn verified(&self) -> &VerifiedRepository {
        &self.verified
    }

    /// How many bins there are, if any.
    pub fn bins(&self) -> Option<BinCount> {
        self.delegations().and_then(BinCount::of)
    }

    /// Whether `keys` are enough to publish, to be told before the work and not after it.
    pub fn require_keys(&self, keys: &Keyring) -> Result<(), PublishError> {
        let root = self.root().role();
        require(Authority::top_level(root, RoleType::Snapshot), keys)?;
        require(Authority::top_level(root, RoleType::Timestamp), keys)?;
        match self.delegations().filter(|_| self.bins().is_some()).and_then(|all| bin_authorities(all).next())
        {
            Some(bin) => require(Authority { role: SigningRole::Bins.as_str(), ..bin }, keys),
            None => require(Authority::top_level(root, RoleType::Targets), keys),
        }
    }

    /// Changes targets: returns the files to write, none when nothing changed and nothing has spent two
    /// thirds of its period. Of the bins only those concerned are read and signed.
    ///
    /// # Errors
    /// [`PublishError::KeysMissing`] when the keys given are not enough for a role that has to be signed.
    pub fn publish(
        &self,
        changes: TargetChanges,
        source: &dyn Fetch,
        keys: &Keyring,
        now: Instant,
    ) -> Result<MetadataFiles, PublishError> {
        let signer = self.signer(keys, now);
        let mut publication = Publication::of(&self.verified);
        match self.bins() {
            None => publication.change_targets(&signer, changes)?,
            Some(bins) => {
                let mut by_bin: BTreeMap<String, TargetChanges> = BTreeMap::new();
                for (path, change) in changes {
                    by_bin.entry(bins.bin_of(&path)).or_default().insert(path, change);
                }
                for (bin, changes) in by_bin {
                    let current = self.verified.set().delegated_role(&bin, source)?;
                    publication.change_bin(&signer, &bin, &current, changes)?;
                }
            }
        }
        publication.finish(&signer, false)
    }

    /// Signs snapshot and timestamp anew, and every role that has spent two thirds of its period, as far as
    /// the keys at hand allow.
    pub fn refresh(
        &self,
        source: &dyn Fetch,
        keys: &Keyring,
        now: Instant,
    ) -> Result<Refreshed, PublishError> {
        let signer = self.signer(keys, now);
        let mut publication = Publication::of(&self.verified);
        let mut expiring = Vec::new();
        let root = self.root().role();
        if signer.is_due(SigningRole::Root, root.expires) {
            expiring.push(("root".to_owned(), root.expires));
        }
        let mut unless_keys_are_missing = |name: &str, expires, result| match result {
            Err(PublishError::KeysMissing { .. }) => {
                expiring.push((name.to_owned(), expires));
                Ok(())
            }
            result => result,
        };
        let targets = self.targets().role();
        if signer.is_due(SigningRole::Targets, targets.expires) {
            let result =
                publication.replace_targets(&signer, targets.targets.clone(), targets.delegations.clone());
            unless_keys_are_missing("targets", targets.expires, result)?;
        }
        for bin in self.bins().into_iter().flat_map(BinCount::names) {
            let current = self.verified.set().delegated_role(&bin, source)?;
            let expires = current.role().expires;
            if signer.is_due(SigningRole::Bins, expires) {
                let result = publication.replace_bin(&signer, &bin, &current, current.role().targets.clone());
                unless_keys_are_missing(&bin, expires, result)?;
            }
        }
        Ok(Refreshed { files: publication.finish(&signer, true)?, expiring })
    }

    /// Hands the bins over to other keys: the targets that name them and every bin are signed anew.
    pub fn rekey_bins(
        &self,
        role: &RoleSetup,
        source: &dyn Fetch,
        keys: &Keyring,
        now: Instant,
    ) -> Result<MetadataFiles, PublishError> {
        let bins = self.bins().ok_or_else(|| PublishError::NoBins)?;
        let signer = self.signer(keys, now);
        let mut publication = Publication::of(&self.verified);
        let targets = self.targets().role().targets.clone();
        publication.replace_targets(&signer, targets, Some(bin_delegations(bins, role)?))?;
        for bin in bins.names() {
            let current = self.verified.set().delegated_role(&bin, source)?;
            publication.replace_bin(&signer, &bin, &current, current.role().targets.clone())?;
        }
        publication.finish(&signer, false)
    }

    /// Makes `root` the registry's next root, and signs anew every role that it takes from its current keys.
    ///
    /// What is signed anew satisfies both roots, and comes before the new one: whenever writing the files is
    /// cut off, the registry is one that every client reads. Where the old keys are not at hand that cannot be;
    /// then the root comes right before the timestamp.
    pub(super) fn adopt_root(
        &self,
        root: &Verified<Root>,
        keys: &Keyring,
        now: Instant,
    ) -> Result<MetadataFiles, PublishError> {
        // With the old keys goes the time that they signed at, which may have been a wrong clock's.
        let now = if is_signed(root.role(), self.timestamp()) { self.not_before_last(now) } else { now };
        let (before, left_behind) = (Some(self.root().role()), Cell::new(false));
        let signer = Signer { root: root.role(), before, left_behind, keys, now };
        let mut publication = Publication::of(&self.verified);
        let targets = self.targets();
        if !is_signed(root.role(), targets) {
            let role = targets.role();
            publication.replace_targets(&signer, role.targets.clone(), role.delegations.clone())?;
        }
        publication.must_sign_snapshot |= !is_signed(root.role(), self.snapshot());
        publication.must_sign_timestamp |= !is_signed(root.role(), self.timestamp());
        let mut files = publication.finish(&signer, false)?;
        let place = files.len() - usize::from(signer.left_behind.get() && !files.is_empty());
        files.insert(place, named("root", root));
        Ok(files)
    }

    fn signer<'a>(&'a self, keys: &'a Keyring, now: Instant) -> Signer<'a> {
        let now = self.not_before_last(now);
        Signer { root: self.root().role(), before: None, left_behind: Cell::new(false), keys, now }
    }

    /// Times of signing never go back, whatever this machine's clock says.
    fn not_before_last(&self, now: Instant) -> Instant {
        self.timestamp().role().signed_at.map_or(now, |last| last.timestamp().max(now))
    }

    fn delegations(&self) -> Option<&Delegations> {
        self.targets().role().delegations.as_ref()
    }
}

fn bin_delegations(count: BinCount, role: &RoleSetup) -> Result<Delegations, MetadataError> {
    let (keys, role_keys) = role_keys(role)?;
    Ok(count.delegations(keys, &role_keys))
}

fn is_signed<R: Role>(root: &Root, metadata: &Verified<R>) -> bool {
    Verified::<R>::check("", metadata.bytes(), Authority::top_level(root, R::TYPE)).is_ok()
}

//! The client's side of TUF: from what a host trusts to what a registry holds now.
//!
//! [`Client::update`] is section 5 of the specification, one function per role, step numbers in
//! comments. It stands before everything that reads a registry or a bundle. It fetches no targets and
//! writes nothing. Off-spec: what is accepted is persisted at the end and by the caller's decision
//! (steps 5.3.8, 5.4.5, 5.5.7, 5.6.6), so that an install that fails leaves the host as it was.

use attune_schemas::tuf::{Expires, MetaFile, Role, RoleType, Root, Snapshot, Targets, Timestamp};

use super::anchor::TrustAnchor;
use super::error::TrustError;
use super::expiry::{ExpiryPolicy, ExpiryWaiver};
use super::fetch::{Fetch, Limits, fetch_required, role_file};
use super::root_chain::RootChain;
use super::store::{StoredTrust, TrustStore};
use super::verified::{Authority, Verified};
use super::verified_repository::VerifiedRepository;

/// The metadata a host trusts, about to be brought up to date.
#[derive(Debug)]
pub struct Client {
    trusted: StoredTrust,
    store: Option<TrustStore>,
    anchor: Option<TrustAnchor>,
}

/// What an update is judged by.
#[derive(Debug, Clone, Copy)]
pub struct UpdateOptions {
    /// The time that expiry is judged against (TUF 5.1: fixed for the whole update).
    pub now: jiff::Timestamp,
    /// Whether expired metadata is accepted.
    pub expiry: ExpiryPolicy,
    /// How large files may be.
    pub limits: Limits,
}

impl UpdateOptions {
    /// Strict expiry and the default limits.
    pub fn at(now: jiff::Timestamp) -> Self {
        Self { now, expiry: ExpiryPolicy::default(), limits: Limits::default() }
    }
}

impl Client {
    /// Starts from what `store` holds, or on first use from `anchor` (TUF 5.2). Where the store holds a
    /// root it wins, and the anchor must be one of the roots it leads to.
    pub fn open(store: &TrustStore, anchor: Option<&TrustAnchor>) -> Result<Self, TrustError> {
        let trusted = match (store.load()?, anchor) {
            (Some(trusted), _) => trusted,
            (None, Some(anchor)) if anchor.registry_name() == store.registry() => {
                StoredTrust::from_anchor(anchor)
            }
            _ => return Err(TrustError::NoTrustAnchor { registry: store.registry().clone() }),
        };
        Ok(Self { trusted, store: Some(store.clone()), anchor: anchor.cloned() })
    }

    /// Starts from `anchor` alone, with no memory of what was seen before: for looking at a registry,
    /// not for installing from it.
    pub fn without_store(anchor: &TrustAnchor) -> Self {
        Self { trusted: StoredTrust::from_anchor(anchor), store: None, anchor: None }
    }

    /// Fetches and checks the newest root, timestamp, snapshot and top-level targets.
    pub fn update(
        self,
        source: &dyn Fetch,
        options: &UpdateOptions,
    ) -> Result<VerifiedRepository, TrustError> {
        let StoredTrust { root, timestamp, snapshot } = self.trusted;
        // 5.3
        let chain = RootChain::follow(root, self.anchor.as_ref(), source, options.limits.root_bytes)?;
        if let Some(anchor) = &self.anchor {
            chain.require_leads_to(anchor)?;
        }
        let online_keys_rotated = chain.online_keys_rotated;
        let mut update = Update { source, options, root: chain.root, store: self.store, waivers: Vec::new() };
        // 5.3.10
        update.check_expiry(RoleType::Root, update.root.role().expires)?;
        // 5.3.11: after a rotation, versions seen under the old keys bind no more: whoever had the old
        // keys may have run the version numbers up. Nor does what a raised threshold left unproven.
        let seen = (timestamp.is_some(), snapshot.is_some());
        let timestamp = timestamp.filter(|seen| !online_keys_rotated && update.still_signed(seen));
        let snapshot = snapshot.filter(|seen| !online_keys_rotated && update.still_signed(seen));
        let versions_forgotten = seen != (timestamp.is_some(), snapshot.is_some());
        let timestamp = update.timestamp(timestamp)?;
        let snapshot = update.snapshot(&timestamp, snapshot)?;
        let targets = update.targets(&snapshot)?;
        Ok(VerifiedRepository::new(update, timestamp, snapshot, targets, versions_forgotten))
    }
}

impl StoredTrust {
    fn from_anchor(anchor: &TrustAnchor) -> Self {
        Self { root: anchor.root().clone(), timestamp: None, snapshot: None }
    }
}

/// An update under way, its root already settled.
pub(super) struct Update<'a> {
    source: &'a dyn Fetch,
    pub(super) options: &'a UpdateOptions,
    pub(super) root: Verified<Root>,
    pub(super) store: Option<TrustStore>,
    pub(super) waivers: Vec<ExpiryWaiver>,
}

impl Update<'_> {
    /// 5.4
    fn timestamp(&mut self, trusted: Option<Verified<Timestamp>>) -> Result<Verified<Timestamp>, TrustError> {
        // 5.4.1, 5.4.2
        let file = role_file(RoleType::Timestamp.as_str());
        let bytes = fetch_required(self.source, &file, self.options.limits.timestamp_bytes)?;
        let offered = Verified::<Timestamp>::check(
            &file,
            &bytes,
            Authority::top_level(self.root.role(), RoleType::Timestamp),
        )?;
        let current = match trusted {
            None => offered,
            Some(trusted) => newer_timestamp(trusted, offered)?,
        };
        // 5.4.4
        self.check_expiry(RoleType::Timestamp, current.role().expires)?;
        Ok(current)
    }

    /// 5.5
    fn snapshot(
        &mut self,
        timestamp: &Verified<Timestamp>,
        trusted: Option<Verified<Snapshot>>,
    ) -> Result<Verified<Snapshot>, TrustError> {
        let described = Described {
            authority: Authority::top_level(self.root.role(), RoleType::Snapshot),
            meta: &timestamp.role().meta.snapshot,
            max_bytes: self.options.limits.snapshot_bytes,
        };
        let current = described.obtain(trusted.as_ref().map(Verified::bytes), self.source)?;
        // 5.5.5
        if let Some(trusted) = trusted {
            refuse_snapshot_rollback(&trusted, &current)?;
        }
        // 5.5.6
        self.check_expiry(RoleType::Snapshot, current.role().expires)?;
        Ok(current)
    }

    /// 5.6, for the top-level role.
    fn targets(&mut self, snapshot: &Verified<Snapshot>) -> Result<Verified<Targets>, TrustError> {
        let role = RoleType::Targets.as_str();
        let described = Described {
            authority: Authority::top_level(self.root.role(), RoleType::Targets),
            meta: described_in(snapshot, role)?,
            max_bytes: self.options.limits.targets_bytes,
        };
        let cached = self.store.as_ref().and_then(|store| store.cached_role(role));
        let current: Verified<Targets> = described.obtain(cached.as_deref(), self.source)?;
        // 5.6.5
        self.check_expiry(RoleType::Targets, current.role().expires)?;
        Ok(current)
    }

    fn check_expiry(&mut self, role: RoleType, expires: Expires) -> Result<(), TrustError> {
        self.waivers.extend(self.options.expiry.check(role.as_str(), expires, self.options.now)?);
        Ok(())
    }

    /// Whether metadata seen before still meets the threshold that the newest root asks for.
    fn still_signed<R: Role>(&self, seen: &Verified<R>) -> bool {
        let authority = Authority::top_level(self.root.role(), R::TYPE);
        Verified::<R>::check("", seen.bytes(), authority).is_ok()
    }
}

/// A metadata file that the role above describes.
pub(super) struct Described<'a> {
    pub(super) authority: Authority<'a>,
    pub(super) meta: &'a MetaFile,
    pub(super) max_bytes: u64,
}

impl Described<'_> {
    /// The file: the host's copy if that is still what is described, else fetched.
    pub(super) fn obtain<R: Role>(
        &self,
        kept: Option<&[u8]>,
        source: &dyn Fetch,
    ) -> Result<Verified<R>, TrustError> {
        let file = format!("{}.{}", self.meta.version, role_file(self.authority.role));
        if let Some(verified) = kept.and_then(|bytes| self.accept(&file, bytes).ok()) {
            return Ok(verified);
        }
        // 5.5.1, 5.6.1: no more bytes than described, and never more than the limit.
        let max_bytes = self.meta.length.unwrap_or(self.max_bytes);
        if max_bytes > self.max_bytes {
            return Err(TrustError::TooLarge { file, max_bytes: self.max_bytes });
        }
        let bytes = fetch_required(source, &file, max_bytes)?;
        self.accept(&file, &bytes)
    }

    fn accept<R: Role>(&self, file: &str, bytes: &[u8]) -> Result<Verified<R>, TrustError> {
        // 5.5.2, 5.6.2
        self.meta.check(bytes).map_err(|source| TrustError::Mismatch { file: file.to_owned(), source })?;
        // 5.5.3, 5.6.3
        let verified = Verified::check(file, bytes, self.authority)?;
        // 5.5.4, 5.6.4
        let expected = self.meta.version.get();
        if verified.version() == expected {
            return Ok(verified);
        }
        Err(TrustError::WrongVersion { file: file.to_owned(), expected, actual: verified.version() })
    }
}

/// What the snapshot says of targets role `role`.
pub(super) fn described_in<'a>(
    snapshot: &'a Verified<Snapshot>,
    role: &str,
) -> Result<&'a MetaFile, TrustError> {
    snapshot.role().role(role).ok_or_else(|| TrustError::NotInSnapshot { file: format!("{role}.json") })
}

/// 5.4.3: neither the timestamp nor the snapshot it names may be older than before.
fn newer_timestamp(
    trusted: Verified<Timestamp>,
    offered: Verified<Timestamp>,
) -> Result<Verified<Timestamp>, TrustError> {
    // 5.4.3.1
    refuse_rollback("timestamp", trusted.version(), offered.version())?;
    if offered.version() == trusted.version() {
        // Nothing new. Where the two differ although the version is the same, the first one counts.
        return Ok(trusted);
    }
    // 5.4.3.2
    let snapshot_version = |timestamp: &Verified<Timestamp>| timestamp.role().meta.snapshot.version.get();
    refuse_rollback("snapshot", snapshot_version(&trusted), snapshot_version(&offered))?;
    Ok(offered)
}

/// 5.5.5: no targets role may be older than before, or gone.
fn refuse_snapshot_rollback(
    trusted: &Verified<Snapshot>,
    offered: &Verified<Snapshot>,
) -> Result<(), TrustError> {
    refuse_rollback("snapshot", trusted.version(), offered.version())?;
    for (file, seen) in &trusted.role().meta {
        let Some(now) = offered.role().meta.get(file) else {
            return Err(TrustError::RoleRemoved { file: file.clone() });
        };
        let role = file.strip_suffix(".json").unwrap_or(file);
        refuse_rollback(role, seen.version.get(), now.version.get())?;
    }
    Ok(())
}

fn refuse_rollback(role: &str, trusted: u64, offered: u64) -> Result<(), TrustError> {
    if offered >= trusted {
        return Ok(());
    }
    Err(TrustError::Rollback { role: role.to_owned(), trusted, offered })
}

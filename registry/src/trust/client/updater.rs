//! The client workflow of TUF, section 5 of the specification: from the trusted metadata to the
//! repository's current metadata.
//!
//! [`Updater::refresh`] is one function per role, step numbers in comments. It serves any TUF repository;
//! the further rules of registries are [`Client`](super::Client)'s. Targets are fetched by the caller.
//! Accepted metadata is kept step by step as the specification says ([`Persistence::EachStep`]), or by the
//! caller's decision at the end, so that an install that fails leaves the host as it was.

use std::sync::Arc;

use attune_schemas::tuf::{MetadataTime, RoleType, Root, Snapshot, Targets, Timestamp};

use crate::trust::state::{Authority, MetadataStore, StoredTrust, Verified, role_file};

use super::described::{Described, described_in};
use super::error::TrustError;
use super::expiry::{ExpiryWaiver, Freshness, TrustedTime};
use super::fetch::{Fetch, fetch_required};
use super::keeper::{Keeper, Persistence};
use super::rollback::{newer_timestamp, refuse_snapshot_rollback};
use super::root_chain::{RootChain, RootRules};
use super::trusted_set::{Accepted, TrustedSet};
use super::update_options::UpdateOptions;

/// Trusted metadata, about to be brought up to date.
#[derive(Debug)]
pub struct Updater {
    pub(super) trusted: StoredTrust,
    pub(super) keeper: Keeper,
    /// The rules for every root beyond its signatures.
    pub(super) rules: RootRules,
    /// A root that a person gave: one of the chain, or the next link at the end of the source's chain.
    pub(super) given: Option<Verified<Root>>,
}

impl Updater {
    /// Starts from the metadata in `store`, of any repository (TUF 5.2); every step is kept there.
    pub fn open(store: &MetadataStore) -> Result<Self, TrustError> {
        let trusted = store
            .load_vouched_for()?
            .ok_or_else(|| TrustError::NotInitialized { dir: store.dir().to_owned() })?;
        Ok(Self {
            trusted,
            keeper: Keeper { store: Some(store.clone()), persistence: Persistence::EachStep },
            rules: RootRules::AnyRepository,
            given: None,
        })
    }

    /// Fetches and checks the newest root, timestamp, snapshot and top-level targets.
    pub fn refresh(self, source: &dyn Fetch, options: &UpdateOptions) -> Result<TrustedSet, TrustError> {
        let StoredTrust { root, mut seen } = self.trusted;
        let keeper = &self.keeper;
        // 5.3
        let mut chain = RootChain::start(root, self.rules, keeper)?;
        chain.follow(&mut seen, self.given.as_ref(), source, options.limits.root_bytes)?;
        if let Some(given) = &self.given {
            chain.require_leads_to(given)?;
        }
        // 5.1: the time is fixed here. Signatures by keys that were taken away since tell no time.
        let newest_signed = seen.timestamp.as_ref().and_then(|timestamp| timestamp.role().signed_at);
        let time = TrustedTime { clock: options.now, newest_signed };
        let RootChain { root, passed, seen_was_dropped, .. } = chain;
        let freshness = Freshness { time, waivers: Vec::new() };
        let mut refresh = Refresh { source, options, root: &root, keeper, freshness };
        // 5.3.10
        refresh.check_expiry(RoleType::Root, root.role().expires)?;
        let timestamp = refresh.timestamp(seen.timestamp)?;
        let snapshot = refresh.snapshot(&timestamp, seen.snapshot)?;
        let targets = refresh.targets(&snapshot)?;
        let freshness = refresh.freshness;
        let accepted = Accepted {
            options: *options,
            keeper: self.keeper,
            passed,
            seen_was_dropped,
            root,
            timestamp,
            snapshot,
            targets: Arc::new(targets),
        };
        Ok(TrustedSet::new(accepted, freshness))
    }
}

/// A refresh under way, its root already settled.
struct Refresh<'a> {
    source: &'a dyn Fetch,
    options: &'a UpdateOptions,
    root: &'a Verified<Root>,
    keeper: &'a Keeper,
    freshness: Freshness,
}

impl Refresh<'_> {
    /// 5.4
    fn timestamp(&mut self, trusted: Option<Verified<Timestamp>>) -> Result<Verified<Timestamp>, TrustError> {
        // 5.4.1
        let file = role_file(RoleType::Timestamp.as_str());
        let bytes = fetch_required(self.source, &file, self.options.limits.timestamp_bytes)?;
        // 5.4.2
        let authority = Authority::top_level(self.root.role(), RoleType::Timestamp);
        let offered = Verified::<Timestamp>::check(&file, &bytes, authority)?;
        // 5.4.3
        let current = match trusted {
            None => offered,
            Some(trusted) => newer_timestamp(trusted, offered)?,
        };
        // 5.4.4
        self.freshness.time.learn(current.role().signed_at);
        self.check_expiry(RoleType::Timestamp, current.role().expires)?;
        // A signature later than the clock shows that a root may have expired, too.
        if self.freshness.time.clock_behind().is_some() {
            self.check_expiry(RoleType::Root, self.root.role().expires)?;
        }
        // 5.4.5
        self.keeper.keep(RoleType::Timestamp.as_str(), &current)?;
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
            versioned: self.root.role().consistent_snapshot,
        };
        // 5.5.1 to 5.5.4
        let current = described.obtain(trusted.as_ref().map(Verified::bytes), self.source)?;
        // 5.5.5
        if let Some(trusted) = trusted {
            refuse_snapshot_rollback(&trusted, &current)?;
        }
        // 5.5.6
        self.check_expiry(RoleType::Snapshot, current.role().expires)?;
        // 5.5.7
        self.keeper.keep(RoleType::Snapshot.as_str(), &current)?;
        Ok(current)
    }

    /// 5.6, for the top-level role.
    fn targets(&mut self, snapshot: &Verified<Snapshot>) -> Result<Verified<Targets>, TrustError> {
        let role = RoleType::Targets.as_str();
        let described = Described {
            authority: Authority::top_level(self.root.role(), RoleType::Targets),
            meta: described_in(snapshot, role)?,
            max_bytes: self.options.limits.targets_bytes,
            versioned: self.root.role().consistent_snapshot,
        };
        // 5.6.1 to 5.6.4
        let cached = self.keeper.cached_role(role);
        let current: Verified<Targets> = described.obtain(cached.as_deref(), self.source)?;
        // 5.6.5
        self.check_expiry(RoleType::Targets, current.role().expires)?;
        // 5.6.6
        self.keeper.keep(role, &current)?;
        Ok(current)
    }

    fn check_expiry(&mut self, role: RoleType, expires: MetadataTime) -> Result<(), TrustError> {
        let waiver = self.options.expiry.check(role.as_str(), expires, self.freshness.time)?;
        self.freshness.add(waiver);
        Ok(())
    }
}

impl Freshness {
    /// Remembers a waiver, each once.
    pub(super) fn add(&mut self, waiver: Option<ExpiryWaiver>) {
        self.waivers.extend(waiver.filter(|waiver| !self.waivers.contains(waiver)));
    }
}

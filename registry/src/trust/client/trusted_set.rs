//! The verified metadata of a repository, and the targets that it vouches for.
//!
//! Targets are looked up one by one, so that of many delegated roles only those on the way are fetched.
//! Targets are fetched by the caller: [`VerifiedTarget::check`] judges their bytes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use attune_schemas::Digest;
use attune_schemas::tuf::{Root, Snapshot, TargetFile, Targets, Timestamp};
use serde_json::Value;

use crate::trust::state::{MetadataStore, StoredFile, Verified, role_file};

use super::delegated::{DelegatedRoles, Search};
use super::error::TrustError;
use super::expiry::Freshness;
use super::fetch::Fetch;
use super::keeper::Keeper;
use super::root_chain::PassedRoots;
use super::update_options::UpdateOptions;

/// The verified metadata of a repository.
#[derive(Debug)]
pub struct TrustedSet {
    accepted: Accepted,
    lazy: Mutex<Lazy>,
}

/// The top-level metadata that an update accepted, and the options it was judged by.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) options: UpdateOptions,
    pub(super) keeper: Keeper,
    pub(super) passed: PassedRoots,
    /// Whether versions seen before were dropped on the way.
    pub(super) seen_was_dropped: bool,
    pub(super) root: Verified<Root>,
    pub(super) timestamp: Verified<Timestamp>,
    pub(super) snapshot: Verified<Snapshot>,
    pub(super) targets: Arc<Verified<Targets>>,
}

/// The part that grows while targets are looked up.
#[derive(Debug)]
struct Lazy {
    delegated: DelegatedRoles,
    freshness: Freshness,
}

/// A target that the metadata vouches for.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedTarget {
    name: String,
    file: TargetFile,
}

impl TrustedSet {
    pub(super) fn new(accepted: Accepted, freshness: Freshness) -> Self {
        Self { accepted, lazy: Mutex::new(Lazy { delegated: DelegatedRoles::default(), freshness }) }
    }

    /// The newest root.
    pub const fn root(&self) -> &Verified<Root> {
        &self.accepted.root
    }

    /// The newest timestamp.
    pub const fn timestamp(&self) -> &Verified<Timestamp> {
        &self.accepted.timestamp
    }

    /// The newest snapshot.
    pub const fn snapshot(&self) -> &Verified<Snapshot> {
        &self.accepted.snapshot
    }

    /// The top-level targets; with delegations these are not all there are.
    pub fn targets(&self) -> &Verified<Targets> {
        &self.accepted.targets
    }

    /// The freshness of all metadata accepted so far.
    pub fn freshness(&self) -> Freshness {
        self.lazy().freshness.clone()
    }

    /// Looks target `name`, such as `packs/weather.json`, up (TUF 5.6.7), fetching delegated roles as
    /// they are needed.
    ///
    /// # Errors
    /// [`TrustError::TargetNotFound`] when no role lists it, and the error of every role that was asked on
    /// the way: an answer is never given past a role that could not be checked.
    pub fn target(&self, name: &str, source: &dyn Fetch) -> Result<VerifiedTarget, TrustError> {
        let file = self.search(source, |search, known| search.find(name, known))?;
        Ok(VerifiedTarget { name: name.to_owned(), file })
    }

    /// Fetches every delegated role, so that [`Self::known_targets`] are all that there are.
    ///
    /// # Errors
    /// A role could not be fetched or checked.
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone is of one lifetime only")]
    pub fn fetch_all_roles(&self, source: &dyn Fetch) -> Result<(), TrustError> {
        self.search(source, |search, known| search.fetch_all(known))
    }

    /// The role that the top-level targets delegate to by this name.
    pub(in crate::trust) fn delegated_role(
        &self,
        name: &str,
        source: &dyn Fetch,
    ) -> Result<Arc<Verified<Targets>>, TrustError> {
        self.search(source, |search, known| search.child_of_top_level(name, known))
    }

    /// Remembers this metadata in `store`, so that nothing older is accepted later. Returns how many files
    /// changed; zero writes nothing.
    pub fn persist(&self, store: &MetadataStore) -> Result<usize, TrustError> {
        let lazy = self.lazy();
        let file = |name: &str, bytes| StoredFile { name: role_file(name), bytes };
        let mut files =
            vec![file("root", self.accepted.root.bytes()), file("targets", self.accepted.targets.bytes())];
        files.extend(lazy.delegated.iter().map(|(name, role)| file(name, role.bytes())));
        // The timestamp last: it never names a snapshot that was not written.
        files.push(file("snapshot", self.accepted.snapshot.bytes()));
        files.push(file("timestamp", self.accepted.timestamp.bytes()));
        if self.accepted.seen_was_dropped && store.root()?.is_none_or(|stored| stored != self.accepted.root) {
            // Before the root: the old files are not signed by the keys that the new root names.
            store.forget_versions()?;
        }
        Ok(store.write(&files)?)
    }

    /// Every metadata file that was accepted, by its name in a repository with consistent snapshots; of the
    /// roots those from the one that was trusted before.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let lazy = self.lazy();
        let versioned = |name: &str, version: u64| format!("{version}.{}", role_file(name));
        let roots = self
            .accepted
            .passed
            .iter()
            .map(|(version, (_, bytes))| (versioned("root", *version), bytes.clone()));
        let mut files: BTreeMap<String, Vec<u8>> = roots.collect();
        files.extend([
            (role_file("timestamp"), self.accepted.timestamp.bytes().to_vec()),
            (
                versioned("snapshot", self.accepted.snapshot.version()),
                self.accepted.snapshot.bytes().to_vec(),
            ),
            (versioned("targets", self.accepted.targets.version()), self.accepted.targets.bytes().to_vec()),
        ]);
        let delegated = lazy.delegated.iter();
        files.extend(delegated.map(|(name, role)| (versioned(name, role.version()), role.bytes().to_vec())));
        files
    }

    /// The targets of every role that was fetched so far.
    pub fn known_targets(&self) -> Vec<String> {
        let lazy = self.lazy();
        let delegated = lazy.delegated.iter().flat_map(|(_, role)| role.role().targets.keys());
        self.accepted.targets.role().targets.keys().chain(delegated).cloned().collect()
    }

    fn search<T>(
        &self,
        source: &dyn Fetch,
        ask: impl FnOnce(&mut Search<'_>, &mut DelegatedRoles) -> Result<T, TrustError>,
    ) -> Result<T, TrustError> {
        let mut lazy = self.lazy();
        let Lazy { delegated, freshness } = &mut *lazy;
        let mut search = Search {
            source,
            options: &self.accepted.options,
            versioned: self.accepted.root.role().consistent_snapshot,
            snapshot: &self.accepted.snapshot,
            keeper: &self.accepted.keeper,
            top_level: &self.accepted.targets,
            freshness,
        };
        ask(&mut search, delegated)
    }

    fn lazy(&self) -> MutexGuard<'_, Lazy> {
        self.lazy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl VerifiedTarget {
    /// The target path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where a repository with consistent snapshots keeps the file: `packs/<hash>.weather.json`.
    pub fn consistent_path(&self) -> String {
        let (dir, base) = match self.name.rsplit_once('/') {
            Some((dir, base)) => (format!("{dir}/"), base),
            None => (String::new(), &self.name[..]),
        };
        format!("{dir}{}.{base}", self.file.hashes.preferred())
    }

    /// Its exact length in bytes.
    pub const fn length(&self) -> u64 {
        self.file.length
    }

    /// Its sha256.
    ///
    /// # Errors
    /// [`TrustError::NoSha256`] when the metadata gives other hashes only.
    pub fn sha256(&self) -> Result<Digest, TrustError> {
        self.file.hashes.sha256().ok_or_else(|| TrustError::NoSha256 { target: self.name.clone() })
    }

    /// The publisher's own additions.
    pub const fn custom(&self) -> Option<&Value> {
        self.file.custom.as_ref()
    }

    /// Whether `bytes` are the target (TUF 5.7.2).
    pub fn check(&self, bytes: &[u8]) -> Result<(), TrustError> {
        self.file.check(bytes).map_err(|source| TrustError::Mismatch { file: self.name.clone(), source })
    }
}

//! The releases that the resolver may choose from: the source's and the installed ones.

use std::cell::RefCell;
use std::collections::BTreeMap;

use attune_host::generation::Generation;
use attune_host::preferences::HostPolicy;
use attune_registry::resolve::{Candidate, CandidateError, Candidates};
use attune_schemas::bundle::{BundleDescription, BundledRelease};
use attune_schemas::pack_index::Release;
use attune_schemas::{PackRef, PackRequest};

use super::releases::{InstalledPacks, RegistryPolicy};
use crate::source::{FindError, VerifiedSource};

/// The releases that may be chosen.
pub(super) struct Available<'a> {
    source: RefCell<&'a mut VerifiedSource>,
    /// In a bundle, the only releases whose blobs are at hand.
    bundled: Option<&'a [BundledRelease]>,
    active: &'a Generation,
    rules: &'a HostPolicy,
    requests: &'a [PackRequest],
    policy: RegistryPolicy,
    seen: RefCell<BTreeMap<PackRef, Offered>>,
}

/// The releases of a pack in the registry that it comes from.
#[derive(Debug, Clone, Default)]
pub(super) struct Offered {
    /// The number of the registry; of no consequence where there is no release.
    pub(super) registry: usize,
    /// The releases.
    pub(super) releases: Vec<Release>,
}

impl<'a> Available<'a> {
    pub(super) fn new(
        source: &'a mut VerifiedSource,
        description: Option<&'a BundleDescription>,
        installed: &InstalledPacks<'a>,
        requests: &'a [PackRequest],
        policy: RegistryPolicy,
    ) -> Self {
        Self {
            source: RefCell::new(source),
            bundled: description.map(|description| &description.releases[..]),
            active: installed.active,
            rules: installed.rules,
            requests,
            policy,
            seen: RefCell::default(),
        }
    }

    /// The offered releases, by pack.
    pub(super) fn into_offered(self) -> BTreeMap<PackRef, Offered> {
        self.seen.into_inner()
    }

    fn offered(&self, pack: &PackRef, only: Option<&str>) -> Result<Offered, FindError> {
        if self.bundled.is_some_and(|bundled| bundled.iter().all(|release| release.pack != *pack)) {
            return Ok(Offered::default());
        }
        let Some((registry, index)) = self.source.borrow_mut().find(pack, only)? else {
            return Ok(Offered::default());
        };
        let at_hand = |release: &Release| {
            self.bundled.is_none_or(|bundled| bundled.iter().any(|bundled| bundled.is(pack, release)))
        };
        Ok(Offered { registry, releases: index.releases.into_iter().filter(at_hand).collect() })
    }

    /// Whether the installed pack is from another registry than a source that was named.
    fn is_of_another_source(&self, registry: &str) -> bool {
        let source = self.source.borrow();
        source.search().is_none() && source.registry().as_str() != registry
    }
}

impl Candidates for Available<'_> {
    fn known_packs(&self) -> Vec<PackRef> {
        match self.bundled {
            Some(bundled) => bundled.iter().map(|release| release.pack.clone()).collect(),
            None => self.source.borrow_mut().known_packs(),
        }
    }

    fn releases(&self, pack: &PackRef) -> Result<Vec<Candidate>, CandidateError> {
        let asked = self.requests.iter().any(|request| request.pack == *pack);
        let installed = self.active.packs.get(pack);
        let own = installed.map(|installed| installed.registry.as_str());
        // A namesake in another registry, which nobody asked for, is another pack.
        let is_namesake = !asked && own.is_some_and(|own| self.is_of_another_source(own));
        let keeps = !(asked && self.policy == RegistryPolicy::Change);
        let offered = if is_namesake {
            Offered::default()
        } else {
            self.offered(pack, own.filter(|_| keeps)).map_err(candidate_error)?
        };
        let is_replaced = asked && !offered.releases.is_empty() && {
            let source = self.source.borrow();
            own.is_some_and(|own| source.registry_at(offered.registry).as_str() != own)
        };
        let releases = &offered.releases;
        let mut candidates: Vec<Candidate> = releases
            .iter()
            .map(|release| Candidate {
                version: release.version.clone(),
                dependencies: release.dependencies.clone(),
                preferred: !asked && installed.is_some_and(|pack| pack.version == release.version),
                yanked: release.yanked.is_some(),
            })
            .collect();
        // One that is asked for from another registry is to be replaced, whatever its version.
        if let Some(installed) = installed
            && !is_replaced
            && releases.iter().all(|release| release.version != installed.version)
        {
            candidates.push(Candidate {
                version: installed.version.clone(),
                dependencies: installed.dependencies.clone(),
                preferred: !asked,
                yanked: false,
            });
        }
        let version = installed.map(|installed| &installed.version);
        candidates.retain(|candidate| self.rules.allows(pack, &candidate.version, version));
        self.seen.borrow_mut().insert(pack.clone(), offered);
        Ok(candidates)
    }
}

/// What the resolver passes on: the failure of a named source is that of its reader.
pub(super) fn candidate_error(error: FindError) -> CandidateError {
    match error {
        FindError::Reader(error) => error.into(),
        error => error.into(),
    }
}

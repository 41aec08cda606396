//! The releases that the resolver may choose from: the source's and the installed ones.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use attune_host::generation::Generation;
use attune_host::preferences::HostPolicy;
use attune_registry::resolve::{Candidate, CandidateError, Candidates};
use attune_schemas::bundle::{BundleDescription, BundledRelease};
use attune_schemas::pack_index::Release;
use attune_schemas::{PackRef, PackRequest, Version};

use super::options::{ChooseOptions, DependencyPolicy, LackingPolicy, RegistryPolicy};
use super::releases::InstalledPacks;
use crate::source::{FindError, VerifiedSource};

/// The releases that may be chosen.
pub(super) struct Available<'a> {
    source: RefCell<&'a mut VerifiedSource>,
    /// In a bundle, the only releases whose blobs are at hand.
    bundled: Option<&'a [BundledRelease]>,
    active: &'a Generation,
    rules: &'a HostPolicy,
    stays: &'a BTreeSet<PackRef>,
    requests: &'a [PackRequest],
    options: ChooseOptions,
    seen: RefCell<BTreeMap<PackRef, Offered>>,
    lacking: RefCell<Lacking>,
}

/// What each release needs, and goes without.
pub(super) type Lacking = BTreeMap<(PackRef, Version), Vec<PackRequest>>;

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
        options: ChooseOptions,
    ) -> Self {
        Self {
            source: RefCell::new(source),
            bundled: description.map(|description| &description.releases[..]),
            active: installed.active,
            rules: installed.rules,
            stays: installed.stays,
            requests,
            options,
            seen: RefCell::default(),
            lacking: RefCell::default(),
        }
    }

    /// The offered releases, by pack, and what each of those that were looked at goes without.
    pub(super) fn into_offered(self) -> (BTreeMap<PackRef, Offered>, Lacking) {
        (self.seen.into_inner(), self.lacking.into_inner())
    }

    fn offered(&self, pack: &PackRef, only: Option<&str>) -> Result<Offered, FindError> {
        if let Some(seen) = self.seen.borrow().get(pack) {
            return Ok(seen.clone());
        }
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

    /// The packs that `version` of `pack`, which was chosen, needs.
    pub(super) fn needs_of(&self, pack: &PackRef, version: &Version) -> Vec<PackRef> {
        let installed = self.active.packs.get(pack).filter(|installed| installed.version == *version);
        if let Some(installed) = installed {
            return installed.dependencies.keys().cloned().collect();
        }
        let seen = self.seen.borrow();
        let offered = seen.get(pack).map(|offered| offered.releases.iter());
        let chosen = offered.and_then(|mut releases| releases.find(|release| release.version == *version));
        chosen.map(|release| release.dependencies.keys().cloned().collect()).unwrap_or_default()
    }

    fn is_asked(&self, pack: &PackRef) -> bool {
        self.requests.iter().any(|request| request.pack == *pack)
    }

    /// Whether the installed pack is from another registry than a source that was named.
    fn is_of_another_source(&self, registry: &str) -> bool {
        let source = self.source.borrow();
        source.search().is_none() && source.registry().as_str() != registry
    }

    /// The releases of `pack`, with all that they need.
    fn listed(&self, pack: &PackRef) -> Result<Vec<Candidate>, CandidateError> {
        let asked = self.is_asked(pack);
        let installed = self.active.packs.get(pack);
        let own = installed.map(|installed| installed.registry.as_str());
        // A namesake in another registry, which nobody asked for, is another pack.
        let is_namesake = !asked && own.is_some_and(|own| self.is_of_another_source(own));
        let keeps = !(asked && self.options.registry == RegistryPolicy::Change);
        let is_left_out = !asked && self.options.dependencies == DependencyPolicy::Installed;
        let offered = if is_namesake || is_left_out {
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

    /// Takes out of `candidate` what it goes without.
    fn go_without(&self, pack: &PackRef, candidate: &mut Candidate) -> Result<(), CandidateError> {
        let mut lacking = Vec::new();
        for (needed, requirement) in &candidate.dependencies {
            let is_had = |other: &Candidate| !other.yanked && requirement.matches(&other.version);
            if !self.listed(needed)?.iter().any(is_had) {
                lacking.push(PackRequest { pack: needed.clone(), requirement: requirement.clone() });
            }
        }
        candidate.dependencies.retain(|needed, _| lacking.iter().all(|one| one.pack != *needed));
        self.lacking.borrow_mut().insert((pack.clone(), candidate.version.clone()), lacking);
        Ok(())
    }

    /// Takes out of an installed release what it was installed without: nobody asked for that again.
    fn forget_lacking(&self, candidate: &mut Candidate) {
        candidate.dependencies.retain(|needed, requirement| {
            let there = self.active.packs.get(needed);
            there.is_some_and(|there| requirement.matches(&there.version))
        });
    }
}

impl Candidates for Available<'_> {
    fn known_packs(&self) -> Vec<PackRef> {
        match self.bundled {
            Some(bundled) => bundled.iter().map(|release| release.pack.clone()).collect(),
            None => self.source.borrow_mut().known_packs(),
        }
    }

    fn preferred(&self, pack: &PackRef) -> Option<Candidate> {
        // What it would go without is looked for among the others, unless these cannot be had.
        let is_forced = self.options.lacking == LackingPolicy::GoWithout && !self.stays.contains(pack);
        if is_forced || self.is_asked(pack) {
            return None;
        }
        let installed = self.active.packs.get(pack)?;
        let mut candidate = Candidate {
            version: installed.version.clone(),
            dependencies: installed.dependencies.clone(),
            preferred: true,
            yanked: false,
        };
        self.forget_lacking(&mut candidate);
        Some(candidate)
    }

    fn releases(&self, pack: &PackRef) -> Result<Vec<Candidate>, CandidateError> {
        let mut candidates = self.listed(pack)?;
        let installed = self.active.packs.get(pack).filter(|_| !self.is_asked(pack));
        for candidate in &mut candidates {
            if installed.is_some_and(|installed| installed.version == candidate.version) {
                self.forget_lacking(candidate);
            }
            if self.options.lacking == LackingPolicy::GoWithout {
                self.go_without(pack, candidate)?;
            }
        }
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

//! The releases that the resolver may choose from: the source's and the installed ones.

use std::collections::BTreeMap;

use attune_host::generation::Generation;
use attune_registry::reader::{ReaderError, RegistryReader};
use attune_registry::resolve::{Candidate, CandidateError, Candidates};
use attune_schemas::bundle::{BundleDescription, BundledRelease};
use attune_schemas::pack_index::Release;
use attune_schemas::{PackRef, PackRequest};

use crate::source::VerifiedSource;

/// The releases that may be chosen.
pub(super) struct Available<'a> {
    reader: std::cell::RefCell<RegistryReader<'a>>,
    /// In a bundle, the only releases whose blobs are at hand.
    bundled: Option<&'a [BundledRelease]>,
    active: &'a Generation,
    requests: &'a [PackRequest],
    /// The source's registry: an installed pack keeps to the one it came from.
    registry: String,
    seen: std::cell::RefCell<BTreeMap<PackRef, Vec<Release>>>,
}

impl<'a> Available<'a> {
    pub(super) fn new(
        source: &'a mut VerifiedSource,
        description: Option<&'a BundleDescription>,
        active: &'a Generation,
        requests: &'a [PackRequest],
    ) -> Self {
        Self {
            registry: source.registry().to_string(),
            reader: std::cell::RefCell::new(source.reader()),
            bundled: description.map(|description| &description.releases[..]),
            active,
            requests,
            seen: std::cell::RefCell::default(),
        }
    }

    /// The source's releases, by pack.
    pub(super) fn into_releases(self) -> BTreeMap<PackRef, Vec<Release>> {
        self.seen.into_inner()
    }

    fn offered(&self, pack: &PackRef) -> Result<Vec<Release>, ReaderError> {
        if self.bundled.is_some_and(|bundled| bundled.iter().all(|release| release.pack != *pack)) {
            return Ok(Vec::new());
        }
        let index = self.reader.borrow().pack_index(pack)?;
        let releases = index.map(|index| index.releases).unwrap_or_default();
        let at_hand = |release: &Release| {
            self.bundled.is_none_or(|bundled| {
                bundled.iter().any(|bundled| {
                    bundled.pack == *pack
                        && bundled.version == release.version
                        && bundled.manifest == release.manifest.digest
                })
            })
        };
        Ok(releases.into_iter().filter(at_hand).collect())
    }
}

impl Candidates for Available<'_> {
    fn known_packs(&self) -> Vec<PackRef> {
        match self.bundled {
            Some(bundled) => bundled.iter().map(|release| release.pack.clone()).collect(),
            None => self.reader.borrow().known_packs(),
        }
    }

    fn releases(&self, pack: &PackRef) -> Result<Vec<Candidate>, CandidateError> {
        let asked = self.requests.iter().any(|request| request.pack == *pack);
        let installed = self.active.packs.get(pack);
        // A namesake in another registry, which nobody asked for, is another pack.
        let foreign = installed.is_some_and(|installed| installed.registry != self.registry);
        let offered = if foreign && !asked { Vec::new() } else { self.offered(pack)? };
        let mut candidates: Vec<Candidate> = offered
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
            && !(foreign && asked)
            && offered.iter().all(|release| release.version != installed.version)
        {
            candidates.push(Candidate {
                version: installed.version.clone(),
                dependencies: installed.dependencies.clone(),
                preferred: !asked,
                yanked: false,
            });
        }
        self.seen.borrow_mut().insert(pack.clone(), offered);
        Ok(candidates)
    }
}

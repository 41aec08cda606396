//! Chooses the releases: what was asked for, what it needs, and what is installed already.

use std::collections::{BTreeMap, BTreeSet};

use attune_registry::reader::{ReaderError, RegistryReader, VerifiedRelease, locked_digests};
use attune_registry::resolve::{Candidate, CandidateError, Candidates, resolve};
use attune_schemas::bundle::{BundleDescription, BundledRelease};
use attune_schemas::pack_index::Release;
use attune_schemas::{Digest, PackRef, PackRequest, Requirement, Version};

use crate::error::InstallError;
use crate::generation::{Generation, InstalledPack};
use crate::verify::VerifiedSource;

/// What will be installed and what stays.
#[derive(Debug)]
pub struct ChosenReleases {
    /// The releases to install, dependencies first, each with whether it was asked for.
    pub install: Vec<(PackRef, VerifiedRelease, bool)>,
    /// Installed packs that stay as they are.
    pub kept: BTreeMap<PackRef, InstalledPack>,
    /// Versions that will be replaced.
    pub replaced: BTreeMap<PackRef, Version>,
    /// Blobs that belong to releases of the source and may come by without being wanted.
    pub allowed: BTreeSet<Digest>,
}

/// Resolves `requests` over `source` and `active`.
pub fn choose_releases(
    requests: &[PackRequest],
    source: &mut VerifiedSource,
    active: &Generation,
) -> Result<ChosenReleases, InstallError> {
    let description = source.source().description().cloned();
    let requests = effective_requests(requests, description.as_ref())?;
    let mut allowed = BTreeSet::new();
    // Before the resolver, which would only miss a release that the index does not list.
    let bundled = all_bundled(&mut source.reader(), description.as_ref(), &mut allowed)?;
    let available = Available::new(source, description.as_ref(), active, &requests);
    let mut all = requests.clone();
    all.extend(installed_requirements(active, &requests));
    let resolution = resolve(&all, &available)?;
    let releases = available.into_releases();

    let mut chosen = ChosenReleases {
        install: Vec::new(),
        kept: active.packs.clone(),
        replaced: BTreeMap::new(),
        allowed,
    };
    let mut reader = source.reader();
    for (pack, version) in resolution {
        let asked = requests.iter().any(|request| request.pack == pack);
        let installed = active.packs.get(&pack);
        let offered = releases.get(&pack).and_then(|found| found.iter().find(|r| r.version == version));
        let Some(offered) = offered else { continue };
        let identical = installed.is_some_and(|installed| installed.manifest == offered.manifest.digest);
        if !asked && !identical && installed.is_some_and(|installed| installed.version == version) {
            // A namesake in another registry, which nobody asked for: what is installed stays.
            continue;
        }
        let same = identical && installed.is_some_and(InstalledPack::interpreters_are_present);
        let requested = asked || installed.is_some_and(|installed| installed.requested);
        if same && installed.is_some_and(|installed| installed.requested == requested) {
            continue;
        }
        let release = match bundled.get(&offered.manifest.digest) {
            Some(release) => release.clone(),
            None => reader.release(&pack, offered)?,
        };
        if let Some(installed) = chosen.kept.remove(&pack) {
            chosen.replaced.insert(pack.clone(), installed.version);
        }
        chosen.install.push((pack, release, requested));
    }
    Ok(chosen)
}

/// What was named, or else everything that the bundle was made for.
fn effective_requests(
    requests: &[PackRequest],
    description: Option<&BundleDescription>,
) -> Result<Vec<PackRequest>, InstallError> {
    let requests = match description {
        Some(description) if requests.is_empty() => description.requested.clone(),
        _ => requests.to_vec(),
    };
    if requests.is_empty() { Err(InstallError::NothingRequested) } else { Ok(requests) }
}

/// What is installed must go on working: its packs stay, and so do their requirements.
fn installed_requirements(active: &Generation, requests: &[PackRequest]) -> Vec<PackRequest> {
    let asked = |pack: &PackRef| requests.iter().any(|request| request.pack == *pack);
    let kept = active.packs.keys().filter(|pack| !asked(pack));
    kept.map(|pack| PackRequest { pack: pack.clone(), requirement: Requirement::any() }).collect()
}

/// Reads every release of a bundle, so that each blob in it can be told to belong to one.
fn all_bundled(
    reader: &mut RegistryReader<'_>,
    description: Option<&BundleDescription>,
    allowed: &mut BTreeSet<Digest>,
) -> Result<BTreeMap<Digest, VerifiedRelease>, InstallError> {
    let mut releases = BTreeMap::new();
    for bundled in description.map(|description| &description.releases[..]).unwrap_or_default() {
        let offered = reader.pack_index(&bundled.pack)?.and_then(|index| find(&index.releases, bundled));
        let offered = offered.ok_or_else(|| InstallError::NotInIndex {
            pack: bundled.pack.clone(),
            version: bundled.version.clone(),
            manifest: bundled.manifest,
        })?;
        let release = reader.release(&bundled.pack, &offered)?;
        allowed.insert(release.manifest_digest);
        allowed.insert(release.manifest.config.digest);
        allowed.extend(release.manifest.layers.iter().map(|layer| layer.digest));
        allowed.extend(locked_digests(&release.config));
        releases.insert(release.manifest_digest, release);
    }
    Ok(releases)
}

fn find(releases: &[Release], bundled: &BundledRelease) -> Option<Release> {
    let same = |release: &&Release| {
        release.version == bundled.version && release.manifest.digest == bundled.manifest
    };
    releases.iter().find(same).cloned()
}

/// The candidates: the source's releases and the installed ones.
struct Available<'a> {
    reader: std::cell::RefCell<RegistryReader<'a>>,
    /// In a bundle, the only releases whose blobs are at hand.
    bundled: Option<&'a [BundledRelease]>,
    active: &'a Generation,
    requests: &'a [PackRequest],
    seen: std::cell::RefCell<BTreeMap<PackRef, Vec<Release>>>,
}

impl<'a> Available<'a> {
    fn new(
        source: &'a mut VerifiedSource,
        description: Option<&'a BundleDescription>,
        active: &'a Generation,
        requests: &'a [PackRequest],
    ) -> Self {
        Self {
            reader: std::cell::RefCell::new(source.reader()),
            bundled: description.map(|description| &description.releases[..]),
            active,
            requests,
            seen: std::cell::RefCell::default(),
        }
    }

    fn into_releases(self) -> BTreeMap<PackRef, Vec<Release>> {
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
    fn releases(&self, pack: &PackRef) -> Result<Vec<Candidate>, CandidateError> {
        let offered = self.offered(pack)?;
        let asked = self.requests.iter().any(|request| request.pack == *pack);
        let installed = self.active.packs.get(pack);
        let mut candidates: Vec<Candidate> = offered
            .iter()
            .map(|release| Candidate {
                version: release.version.clone(),
                dependencies: release.dependencies.clone(),
                preferred: !asked && installed.is_some_and(|pack| pack.version == release.version),
                yanked: release.yanked.is_some(),
            })
            .collect();
        if let Some(installed) = installed
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

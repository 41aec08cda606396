//! The release of one pack alone, whatever it needs: for those who only want its files.

use std::cell::RefCell;
use std::collections::BTreeMap;

use attune_host::generation::Generation;
use attune_registry::reader::VerifiedRelease;
use attune_registry::resolve::{Candidate, CandidateError, Candidates, resolve};
use attune_schemas::bundle::BundledRelease;
use attune_schemas::pack_index::Release;
use attune_schemas::requirement::ChannelRequest;
use attune_schemas::tuf::RegistryName;
use attune_schemas::{PackRef, PackRequest};

use super::candidates::candidate_error;
use super::channels::channel_requests;
use super::error::ChooseError;
use super::options::RegistryPolicy;
use crate::source::VerifiedSource;

/// A pack that is asked for, by a range of versions or by a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedPack {
    /// Any release in a range.
    InRange(PackRequest),
    /// The release that a channel leads to.
    OfChannel(ChannelRequest),
}

/// A release that was chosen alone, and the registry that it is of.
#[derive(Debug)]
pub struct LoneRelease {
    /// The pack.
    pub pack: PackRef,
    /// The registry.
    pub registry: RegistryName,
    /// The release.
    pub release: VerifiedRelease,
}

/// The newest release of `wanted` in `source`: by the rules of an installation, and without the packs that it needs.
///
/// # Errors
/// There is none, or the source cannot be read.
pub fn choose_alone(wanted: &WantedPack, source: &mut VerifiedSource) -> Result<LoneRelease, ChooseError> {
    let request = match wanted {
        WantedPack::InRange(request) => request.clone(),
        WantedPack::OfChannel(channel) => {
            let channel = std::slice::from_ref(channel);
            channel_requests(channel, RegistryPolicy::Change, source, &Generation::empty())?.remove(0)
        }
    };
    let bundled = source.source().description().map(|description| description.releases.clone());
    let alone = Alone { source: RefCell::new(source), bundled, found: RefCell::default() };
    let chosen = resolve(std::slice::from_ref(&request), &alone)?;
    let Alone { source, found, .. } = alone;
    let (source, (number, releases)) = (source.into_inner(), found.into_inner());
    let (pack, version) = chosen.into_iter().next().expect("what is asked for is chosen");
    let release = releases.into_iter().find(|release| release.version == version);
    let release = release.expect("one of those that were offered is chosen");
    let registry = source.registry_at(number).clone();
    Ok(LoneRelease { release: source.release_at(number, &pack, &release)?, pack, registry })
}

/// Every release that the bundle `source` carries.
///
/// # Errors
/// It lists one that the registry does not, or cannot be read.
pub fn bundled_releases(
    bundled: &[BundledRelease],
    source: &mut VerifiedSource,
) -> Result<Vec<LoneRelease>, ChooseError> {
    let mut all = Vec::new();
    for one in bundled {
        let index = source.reader().pack_index(&one.pack)?;
        let listed = index.map(|index| index.releases).unwrap_or_default();
        let is_it =
            |release: &&Release| release.version == one.version && release.manifest.digest == one.manifest;
        let Some(release) = listed.iter().find(is_it) else {
            return Err(ChooseError::NotInIndex {
                pack: one.pack.clone(),
                version: one.version.clone(),
                manifest: one.manifest,
            });
        };
        let registry = source.registry().clone();
        all.push(LoneRelease {
            release: source.release_at(0, &one.pack, release)?,
            pack: one.pack.clone(),
            registry,
        });
    }
    Ok(all)
}

/// The releases of one pack, none of which needs another.
struct Alone<'a> {
    source: RefCell<&'a mut VerifiedSource>,
    /// In a bundle, the only releases whose files are at hand.
    bundled: Option<Vec<BundledRelease>>,
    found: RefCell<(usize, Vec<Release>)>,
}

impl Candidates for Alone<'_> {
    fn known_packs(&self) -> Vec<PackRef> {
        match &self.bundled {
            Some(bundled) => bundled.iter().map(|release| release.pack.clone()).collect(),
            None => self.source.borrow_mut().known_packs(),
        }
    }

    fn releases(&self, pack: &PackRef) -> Result<Vec<Candidate>, CandidateError> {
        let found = self.source.borrow_mut().find(pack, None).map_err(candidate_error)?;
        let Some((number, index)) = found else { return Ok(Vec::new()) };
        let is_at_hand = |release: &Release| {
            self.bundled.as_ref().is_none_or(|bundled| {
                bundled.iter().any(|one| one.pack == *pack && one.manifest == release.manifest.digest)
            })
        };
        let releases: Vec<Release> = index.releases.into_iter().filter(is_at_hand).collect();
        let candidate = |release: &Release| Candidate {
            version: release.version.clone(),
            dependencies: BTreeMap::new(),
            preferred: false,
            yanked: release.yanked.is_some(),
        };
        let candidates = releases.iter().map(candidate).collect();
        *self.found.borrow_mut() = (number, releases);
        Ok(candidates)
    }
}

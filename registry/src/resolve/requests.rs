//! Requests are checked before anything is solved: a misspelt pack needs no derivation.

use attune_schemas::{PackRef, PackRequest, Version};

use super::error::ResolveError;
use super::{Candidate, Candidates};

/// Names less similar than this, on a scale from 0 to 1, are no suggestion.
const LEAST_SIMILARITY: f64 = 0.75;

/// Refuses a request for a pack, or for versions of it, that do not exist.
pub(super) fn check(
    request: &PackRequest,
    releases: &[Candidate],
    candidates: &dyn Candidates,
) -> Result<(), ResolveError> {
    if releases.is_empty() {
        let similar = similar_packs(&request.pack, candidates.known_packs());
        return Err(ResolveError::UnknownPack { pack: request.pack.clone(), similar });
    }
    if releases.iter().any(|release| request.requirement.matches(&release.version)) {
        return Ok(());
    }
    // A yanked or preliminary release that was not named is told by the solver, which knows why.
    if request.requirement.comparators().is_empty() {
        return Ok(());
    }
    let mut available: Vec<Version> = releases.iter().map(|release| release.version.clone()).collect();
    available.sort_by(|a, b| b.cmp(a));
    Err(ResolveError::NoVersion {
        pack: request.pack.clone(),
        requirement: request.requirement.clone(),
        available,
    })
}

/// Those of `known` whose names are much like `pack`'s, the most similar first.
pub fn similar_packs(pack: &PackRef, known: impl IntoIterator<Item = PackRef>) -> Vec<PackRef> {
    let similarity = |other: &PackRef| strsim::jaro_winkler(pack.as_str(), other.as_str());
    let mut similar: Vec<(f64, PackRef)> =
        known.into_iter().map(|other| (similarity(&other), other)).collect();
    similar.retain(|(similarity, _)| *similarity >= LEAST_SIMILARITY);
    similar.sort_by(|a, b| b.0.total_cmp(&a.0));
    similar.into_iter().map(|(_, pack)| pack).collect()
}

//! The packs that an upgrade asks for: those that are installed, that the source may have newer releases of, and that
//! the host does not hold.

use attune_host::generation::{Generation, InstalledPack};
use attune_host::preferences::HostPolicy;
use attune_schemas::pack_index::Release;
use attune_schemas::{PackRef, PackRequest, Requirement, Version};
use schemars::JsonSchema;
use serde::Serialize;

use crate::source::VerifiedSource;

/// A pack that the host's rules keep from a newer release that was offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HeldBack {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// The version that is installed.
    pub installed: Version,
    /// The newest version that was offered.
    pub offered: Version,
    /// The range that it is pinned to; absent where it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Requirement>,
}

/// The requests of an upgrade that `asked` names, or of everything that is installed where it names nothing.
///
/// What was not named is left out where the host holds it, and where the source cannot have it.
pub fn upgrade_requests(
    asked: Vec<PackRequest>,
    rules: &HostPolicy,
    source: &mut VerifiedSource,
    active: &Generation,
) -> Vec<PackRequest> {
    if !asked.is_empty() {
        return asked;
    }
    let bundled = source.source().description();
    let bundled =
        bundled.map(|bundle| bundle.releases.iter().map(|release| release.pack.clone()).collect::<Vec<_>>());
    let may_offer = |pack: &PackRef, installed: &InstalledPack| match source.search() {
        Some(search) => search.knows(&installed.registry),
        None => {
            installed.registry == source.registry().as_str()
                && bundled.as_ref().is_none_or(|bundled| bundled.contains(pack))
        }
    };
    let packs = active
        .packs
        .iter()
        .filter(|(pack, installed)| !rules.held.contains(*pack) && may_offer(pack, installed));
    packs.map(|(pack, _)| PackRequest { pack: pack.clone(), requirement: Requirement::any() }).collect()
}

/// The release of `offered` that the rules keep `pack` from, if it is newer than the one that is installed.
pub(super) fn held_back(
    pack: &PackRef,
    installed: &Version,
    offered: &[Release],
    rules: &HostPolicy,
) -> Option<HeldBack> {
    let allowed =
        |version: &Version| !version.is_prerelease() && !rules.allows(pack, version, Some(installed));
    let newest = offered.iter().filter(|release| release.yanked.is_none()).map(|release| &release.version);
    let offered = newest.filter(|version| *version > installed && allowed(version)).max()?.clone();
    let pinned = if rules.held.contains(pack) { None } else { rules.pinned.get(pack).cloned() };
    Some(HeldBack { pack: pack.clone(), installed: installed.clone(), offered, pinned })
}

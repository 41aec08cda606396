//! The packs that an upgrade asks for: those that are installed, that the source may have newer releases of, and that
//! the host does not hold.

use attune_host::generation::{Generation, InstalledPack};
use attune_host::preferences::HostPolicy;
use attune_schemas::{PackRef, PackRequest, Requirement};

use crate::source::VerifiedSource;

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

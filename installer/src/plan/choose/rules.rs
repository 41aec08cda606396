//! The host's own rules while releases are chosen: packs that are held, and packs that are pinned.

use attune_host::generation::Generation;
use attune_host::preferences::HostPolicy;
use attune_registry::resolve::ResolveError;
use attune_schemas::pack_index::Release;
use attune_schemas::{PackRef, PackRequest, Requirement, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::error::ChooseError;

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

/// Refuses a request for another version of a pack that is held.
pub(super) fn require_allowed(
    requests: &[PackRequest],
    rules: &HostPolicy,
    active: &Generation,
) -> Result<(), ChooseError> {
    for PackRequest { pack, requirement } in requests {
        if let Some(installed) = active.packs.get(pack).filter(|_| rules.held.contains(pack))
            && !requirement.matches(&installed.version)
        {
            let (pack, installed) = (pack.clone(), installed.version.clone());
            return Err(ChooseError::Held { pack, requirement: requirement.clone(), installed });
        }
    }
    Ok(())
}

/// `error`, with the rules that may be why.
pub(super) fn ruled_out(error: ResolveError, rules: &HostPolicy, active: &Generation) -> ChooseError {
    if !matches!(error, ResolveError::NoVersion { .. } | ResolveError::NoSolution { .. }) {
        return error.into();
    }
    let text = error.to_string();
    let is_named = |pack: &PackRef| text.contains(pack.as_str());
    let held = rules
        .held
        .iter()
        .filter(|pack| is_named(pack))
        .filter_map(|pack| Some(format!("{pack} is held at {}", active.packs.get(pack)?.version)));
    let pinned = rules.pinned.iter().filter(|(pack, _)| is_named(pack));
    let rules: Vec<String> =
        held.chain(pinned.map(|(pack, requirement)| format!("{pack} is pinned to {requirement}"))).collect();
    if rules.is_empty() {
        error.into()
    } else {
        ChooseError::RuledOut { rules: rules.join(", "), source: error }
    }
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

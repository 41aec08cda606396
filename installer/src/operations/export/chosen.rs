//! The packs of an export: those that were named with what they need, all of one registry.

use std::collections::{BTreeMap, BTreeSet};

use attune_host::generation::{Generation, InstalledPack};
use attune_host::inventory::{DependencyGraph, Direction};
use attune_schemas::PackRef;

use super::error::ExportError;

/// The installed packs `named` and all that they need; all packs where none are named.
///
/// # Errors
/// One is not installed, or was signed by this host alone.
pub(super) fn chosen(active: &Generation, named: &[PackRef]) -> Result<BTreeSet<PackRef>, ExportError> {
    for pack in named {
        active.installed_pack(pack)?;
    }
    let starts: Vec<&PackRef> =
        if named.is_empty() { active.packs.keys().collect() } else { named.iter().collect() };
    let reached = DependencyGraph::of(active).reached(starts, Direction::Dependencies);
    let packs: BTreeSet<PackRef> = reached.into_iter().cloned().collect();
    let is_unsigned = |pack: &&PackRef| active.packs.get(*pack).is_some_and(InstalledPack::is_unsigned);
    let unsigned: Vec<PackRef> = packs.iter().filter(is_unsigned).cloned().collect();
    if !unsigned.is_empty() {
        return Err(ExportError::Unsigned { packs: unsigned });
    }
    if packs.is_empty() {
        return Err(ExportError::NoPacks);
    }
    Ok(packs)
}

/// The registry of `packs`. A bundle has the metadata of one, so that each host can tell whom it trusts.
///
/// # Errors
/// They are of several.
pub(super) fn one_registry(active: &Generation, packs: &BTreeSet<PackRef>) -> Result<String, ExportError> {
    let mut by_registry: BTreeMap<String, Vec<PackRef>> = BTreeMap::new();
    for (pack, installed) in active.packs.iter().filter(|(pack, _)| packs.contains(pack)) {
        by_registry.entry(installed.registry.clone()).or_default().push(pack.clone());
    }
    match by_registry.len() {
        1 => Ok(by_registry.into_keys().next().unwrap_or_default()),
        _ => Err(ExportError::SeveralRegistries { packs: by_registry }),
    }
}

//! The originals that are kept, where they are not whole: kept again from a source.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use attune_host::generation::{Generation, InstalledGeneration};
use attune_host::root::HostRoot;
use attune_host::transaction::Staging;
use attune_host::verification::{Finding, FindingKind, HostPart, VerifyReport};
use attune_registry::blob::BlobSpool;
use attune_registry::report::Reporter;
use attune_schemas::PackRef;

use super::RepairOptions;
use super::in_place::remove;
use crate::operations::rebuild::RebuildError;
use crate::originals::{Keeping, WantedOriginal};
use crate::plan::{ChooseError, InstallPlan, installed_blobs};
use crate::source::{SourceLocation, verify_of_any_age};
use crate::unpack::fetch_and_unpack;

/// Leaves in `staging` the originals that `found` tells of, as the source that `options` names has them; `is_read` says
/// that it was read already.
pub(super) fn keep_again(
    root: &HostRoot,
    active: &Generation,
    (found, is_read): (&VerifyReport, bool),
    (staging, options, reporter): (&mut Staging, &RepairOptions, &dyn Reporter),
) -> Result<(), RebuildError> {
    let io = |source| root.failed(source);
    let damaged: Vec<&Finding> =
        found.differences.iter().filter(|finding| finding.part == HostPart::Original).collect();
    let change = &options.build.change;
    // Standard input is read once.
    let from = options.build.from.as_ref().filter(|from| !is_read || **from != SourceLocation::StandardInput);
    let Some(from) = from.filter(|_| !damaged.is_empty()) else { return Ok(()) };
    let packs: BTreeSet<&PackRef> = damaged.iter().flat_map(|finding| &finding.packs).collect();
    let kept = InstalledGeneration::load_packs(root, active, &packs).map_err(io)?;
    let Some(kept) = kept else { return Ok(()) };
    let mut source = verify_of_any_age(from.open(&change.interrupt)?, root, change.now)?;
    let registry = source.registry().clone();
    let of_source =
        kept.generation.packs.iter().filter(|(_, installed)| installed.registry == registry.as_str());
    let wanted: Vec<WantedOriginal> = of_source
        .map(|(pack, installed)| {
            let environments = installed.environments.values();
            let environments = environments.filter_map(|known| kept.descriptions.get(&known.digest));
            WantedOriginal {
                pack: pack.clone(),
                registry: registry.clone(),
                manifest: installed.manifest,
                environments: environments.cloned().collect(),
            }
        })
        .collect();
    let keeping = Keeping::of(&wanted, &mut source).map_err(ChooseError::from)?;
    for finding in damaged.iter().filter(|finding| finding.kind == FindingKind::Replaced) {
        remove(&finding.path).map_err(io)?;
    }
    let paths: BTreeSet<&PathBuf> = damaged.iter().map(|finding| &finding.path).collect();
    let is_whole = |path: &Path| !paths.contains(&path.to_owned());
    let mut plan = InstallPlan::of_nothing(installed_blobs(&mut source, active)?);
    keeping.plan(root, &mut plan, &is_whole);
    plan.originals = keeping.begin(&mut source, (root, &mut *staging), &is_whole)?;
    fetch_and_unpack(&plan, source.source(), &BlobSpool::default(), staging, &change.interrupt, reporter)?;
    Ok(())
}

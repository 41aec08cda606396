//! The trees of the store that are not whole any more, and how they come back.

use std::collections::{BTreeMap, BTreeSet};

use attune_host::environment::EnvironmentDescription;
use attune_host::generation::{Generation, InstalledPack, KeptRelease};
use attune_host::local::originals::KeptRegistry;
use attune_host::root::{HostRoot, StoreKind, remove_tree};
use attune_host::transaction::Staging;
use attune_host::verification::{StoredTrees, VerifyReport};
use attune_registry::blob::BlobSpool;
use attune_registry::report::Reporter;
use attune_registry::source::BlobPlan;
use attune_schemas::Digest;
use attune_schemas::runtime_index::RuntimeName;

use super::RepairOptions;
use crate::operations::rebuild::RebuildError;
use crate::plan::{InstallPlan, TreeToUnpack, installed_blobs};
use crate::source::{VerifiedSource, verified_own, verify_of_any_age};
use crate::unpack::fetch_and_unpack;

/// A tree of the store.
type Tree = (StoreKind, Digest);

/// The trees of `active` that `found` tells of and that are not whole.
pub(super) fn lost_trees(
    active: &Generation,
    found: &VerifyReport,
    stored: &StoredTrees<'_>,
) -> BTreeSet<Tree> {
    let used: BTreeSet<Tree> = active.store_entries().collect();
    let told = found.differences.iter().filter_map(|finding| finding.tree);
    let moved =
        used.iter().filter(|(kind, _)| *kind == StoreKind::Envs && active.was_moved_to(stored.root()));
    let suspects: BTreeSet<Tree> = told.chain(moved.copied()).filter(|tree| used.contains(tree)).collect();
    suspects.into_iter().filter(|(kind, digest)| stored.lacks(*kind, digest)).collect()
}

/// Unpacks those of `lost` again, none of them an environment, from the source that `options` names, and puts them into
/// the store; first from what the host signed itself, and from the originals that it keeps. The descriptions and releases of `active` must be whole. Returns
/// those that are still lost.
pub(super) fn unpack_again(
    root: &HostRoot,
    active: &Generation,
    mut lost: BTreeSet<Tree>,
    (staging, options, reporter): (&mut Staging, &RepairOptions, &dyn Reporter),
) -> Result<BTreeSet<Tree>, RebuildError> {
    let change = &options.build.change;
    if !lost.is_empty()
        && active.packs.values().any(InstalledPack::is_unsigned)
        && let Some(own) = verified_own(root, change.now)?
    {
        lost = unpack_from(root, active, lost, own, (&mut *staging, options, reporter))?;
    }
    lost = unpack_kept(root, active, lost, (&mut *staging, options, reporter))?;
    let Some(from) = options.build.from.as_ref().filter(|_| !lost.is_empty()) else { return Ok(lost) };
    let source = verify_of_any_age(from.open(&change.interrupt)?, root, change.now)?;
    unpack_from(root, active, lost, source, (staging, options, reporter))
}

/// The same from the originals that `root` keeps. One that is damaged, or names what is not there, is no use here, and
/// told by a verification.
fn unpack_kept(
    root: &HostRoot,
    active: &Generation,
    mut lost: BTreeSet<Tree>,
    (staging, options, reporter): (&mut Staging, &RepairOptions, &dyn Reporter),
) -> Result<BTreeSet<Tree>, RebuildError> {
    let io = |source| root.failed(source);
    for kept in KeptRegistry::all(root).map_err(io)? {
        for head in kept.heads().map_err(io)? {
            let (there, rest): (BTreeSet<Tree>, BTreeSet<Tree>) =
                lost.iter().partition(|(_, digest)| kept.blob(digest).is_file());
            if there.is_empty() {
                break;
            }
            let source = verify_of_any_age(Box::new(kept.source(head)), root, options.build.change.now);
            let unpacked = source.map_err(RebuildError::from).and_then(|source| {
                unpack_from(root, active, there.clone(), source, (&mut *staging, options, reporter))
            });
            match unpacked {
                Ok(left) => lost = rest.into_iter().chain(left).collect(),
                Err(error @ RebuildError::Interrupted(_)) => return Err(error),
                Err(error) => {
                    tracing::info!("originals in {} are of no use: {error}", kept.directory().display());
                    for (kind, digest) in &there {
                        remove_tree(&staging.tree(*kind, digest)).map_err(io)?;
                    }
                }
            }
        }
    }
    Ok(lost)
}

fn unpack_from(
    root: &HostRoot,
    active: &Generation,
    mut lost: BTreeSet<Tree>,
    mut source: VerifiedSource,
    (staging, options, reporter): (&mut Staging, &RepairOptions, &dyn Reporter),
) -> Result<BTreeSet<Tree>, RebuildError> {
    let io = |source| root.failed(source);
    let allowed = installed_blobs(&mut source, active)?;
    let wanted: BTreeSet<Digest> = lost.iter().map(|(_, digest)| *digest).collect();
    let wanted = wanted.into_iter().filter(|digest| allowed.contains_key(digest)).collect();

    let directory = root.generation(active.id);
    let descriptions = descriptions(root, active).map_err(io)?;
    let blobs = BlobPlan { wanted: BTreeMap::new(), allowed };
    let mut plan = InstallPlan::of_packages(&descriptions.iter().collect::<Vec<_>>(), &wanted, blobs);
    for (pack, installed) in active.packs.iter().filter(|(_, installed)| wanted.contains(&installed.pack)) {
        if let Some(release) = KeptRelease::load(&directory, pack).map_err(io)? {
            plan.need_listed(installed.pack, TreeToUnpack::Pack { unpacked: release.config.unpacked });
        }
    }
    if lost.iter().any(|(kind, _)| *kind == StoreKind::Runtimes) {
        for runtime in RuntimeName::ALL {
            let index = source.reader().runtime_index(runtime).map_err(crate::plan::ChooseError::from)?;
            for release in index.map(|index| index.releases).unwrap_or_default() {
                if wanted.contains(&release.archive.digest) {
                    plan.need_listed(release.archive.digest, TreeToUnpack::Runtime(release));
                }
            }
        }
    }
    fetch_and_unpack(
        &plan,
        source.source(),
        &BlobSpool::default(),
        staging,
        &options.build.change.interrupt,
        reporter,
    )?;
    for (kind, digest) in plan.trees.keys() {
        staging.put_back(*kind, digest).map_err(io)?;
        lost.remove(&(*kind, *digest));
    }
    Ok(lost)
}

/// The descriptions of the environments of `active` that can be read.
fn descriptions(root: &HostRoot, active: &Generation) -> std::io::Result<Vec<EnvironmentDescription>> {
    let directory = root.generation(active.id);
    let environments = active.packs.values().flat_map(|pack| pack.environments.values());
    let digests: BTreeSet<Digest> = environments.map(|environment| environment.digest).collect();
    let loaded = digests.iter().map(|digest| Generation::load_description(&directory, digest));
    loaded.filter_map(std::io::Result::transpose).collect()
}

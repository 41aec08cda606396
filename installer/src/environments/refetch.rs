//! Fetches packages again that are damaged in the store, and exchanges them there.

use std::collections::{BTreeMap, BTreeSet};

use attune_registry::report::Reporter;
use attune_registry::source::BlobPlan;
use attune_schemas::Digest;

use super::rebuild::{RebuildError, RebuildOptions, exchange};
use crate::host::{HostRoot, StoreKind};
use crate::open::SourceLocation;
use crate::plan::{InstallPlan, PlannedEnvironment, allowed_blobs};
use crate::unpack::{Staging, fetch_and_unpack};
use crate::verify::{TrustSettings, verify};

/// A package that the store has no longer as it was unpacked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DamagedPackage {
    pub(super) kind: StoreKind,
    pub(super) digest: Digest,
    pub(super) name: String,
}

/// Fetches `damaged`, packages of `environments`, from `location` and puts them into the store.
pub(super) fn refetch(
    root: &HostRoot,
    location: &SourceLocation,
    environments: &[&PlannedEnvironment],
    damaged: &BTreeSet<DamagedPackage>,
    (staging, options, reporter): (&Staging, &RebuildOptions, &dyn Reporter),
) -> Result<(), RebuildError> {
    let io = |source| root.failed(source);
    let source = location.open(&options.interrupt)?;
    let mut source = verify(source, root, &TrustSettings::default(), options.now)?;
    let blobs = BlobPlan { wanted: BTreeMap::new(), allowed: allowed_blobs(&mut source)? };
    let wanted: BTreeSet<Digest> = damaged.iter().map(|package| package.digest).collect();
    let plan = InstallPlan::of_packages(environments, &wanted, blobs);
    fetch_and_unpack(&plan, source.source(), staging, &options.interrupt, reporter)?;
    for DamagedPackage { kind, digest, .. } in damaged {
        let (new, place) = (staging.tree(*kind, digest), root.store(*kind, digest));
        if place.is_dir() {
            exchange(&new, &place).map_err(io)?;
        } else {
            fs_err::rename(&new, &place).map_err(io)?;
        }
    }
    source.persist()?;
    Ok(())
}

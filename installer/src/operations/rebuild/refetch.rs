//! Fetches packages again that are damaged in the store, and exchanges them there.

use std::collections::{BTreeMap, BTreeSet};

use attune_host::environment::EnvironmentDescription;
use attune_host::root::HostRoot;
use attune_host::transaction::Staging;
use attune_registry::blob::BlobSpool;
use attune_registry::report::Reporter;
use attune_registry::source::BlobPlan;
use attune_schemas::Digest;

use super::damage::DamagedPackage;
use super::{RebuildError, RebuildOptions};
use crate::plan::{InstallPlan, allowed_blobs};
use crate::source::SourceLocation;
use crate::source::verify_of_any_age;
use crate::unpack::fetch_and_unpack;

/// Fetches `damaged`, packages of `environments`, from `location` and puts them into the store.
pub(super) fn refetch(
    root: &HostRoot,
    location: &SourceLocation,
    environments: &[&EnvironmentDescription],
    damaged: &BTreeSet<DamagedPackage>,
    (staging, options, reporter): (&mut Staging, &RebuildOptions, &dyn Reporter),
) -> Result<(), RebuildError> {
    let io = |source| root.failed(source);
    let source = location.open(&options.change.interrupt)?;
    let mut source = verify_of_any_age(source, root, options.change.now)?;
    let blobs = BlobPlan { wanted: BTreeMap::new(), allowed: allowed_blobs(&mut source)? };
    let wanted: BTreeSet<Digest> = damaged.iter().map(|package| package.digest).collect();
    let plan = InstallPlan::of_packages(environments, &wanted, blobs);
    fetch_and_unpack(
        &plan,
        source.source(),
        &BlobSpool::default(),
        staging,
        &options.change.interrupt,
        reporter,
    )?;
    for DamagedPackage { kind, digest, .. } in damaged {
        staging.put_back(*kind, digest).map_err(io)?;
    }
    Ok(())
}

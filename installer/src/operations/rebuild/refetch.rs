//! Fetches packages again that are damaged in the store, and exchanges them there.

use std::collections::{BTreeMap, BTreeSet};

use attune_host::environment::EnvironmentDescription;
use attune_host::generation::{Generation, InstalledPack};
use attune_host::root::HostRoot;
use attune_host::transaction::Staging;
use attune_registry::blob::BlobSpool;
use attune_registry::report::Reporter;
use attune_registry::source::BlobPlan;
use attune_schemas::Digest;

use super::damage::DamagedPackage;
use super::{RebuildError, RebuildOptions};
use crate::plan::{InstallPlan, allowed_blobs, installed_blobs};
use crate::source::{SourceLocation, VerifiedSource, verified_own, verify_of_any_age};
use crate::unpack::fetch_and_unpack;

/// Where packages come from again.
pub(super) struct PackageSource {
    source: VerifiedSource,
    /// The blobs that have business there, with their sizes in bytes.
    blobs: BTreeMap<Digest, u64>,
}

impl PackageSource {
    /// What the host signed itself of the packs of `active`; none where it did not.
    pub(super) fn own(
        root: &HostRoot,
        active: &Generation,
        options: &RebuildOptions,
    ) -> Result<Option<Self>, RebuildError> {
        if !active.packs.values().any(InstalledPack::is_unsigned) {
            return Ok(None);
        }
        let Some(mut source) = verified_own(root, options.change.now)? else { return Ok(None) };
        let blobs = installed_blobs(&mut source, active)?;
        Ok(Some(Self { source, blobs }))
    }

    /// The one at `location`.
    pub(super) fn at(
        location: &SourceLocation,
        root: &HostRoot,
        options: &RebuildOptions,
    ) -> Result<Self, RebuildError> {
        let source = location.open(&options.change.interrupt)?;
        let mut source = verify_of_any_age(source, root, options.change.now)?;
        let blobs = allowed_blobs(&mut source)?;
        Ok(Self { source, blobs })
    }

    /// Whether a release that is installed has the package; not known of sources but the host's own.
    pub(super) fn has(&self, package: &DamagedPackage) -> bool {
        self.blobs.contains_key(&package.digest)
    }
}

/// Fetches `damaged`, packages of `environments`, from a source and puts them into the store.
pub(super) fn refetch(
    root: &HostRoot,
    PackageSource { mut source, blobs }: PackageSource,
    environments: &[&EnvironmentDescription],
    damaged: &BTreeSet<DamagedPackage>,
    (staging, options, reporter): (&mut Staging, &RebuildOptions, &dyn Reporter),
) -> Result<(), RebuildError> {
    let io = |source| root.failed(source);
    let blobs = BlobPlan { wanted: BTreeMap::new(), allowed: blobs };
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

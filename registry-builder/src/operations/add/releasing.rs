//! The part of an addition that packs go through one after the other: judged and stored.

use std::collections::{BTreeMap, BTreeSet};

use attune_registry::blob::BlobStore;
use attune_registry::packing::{ReleaseParts, VendoredFile, config_of, describe, empty_index, store};
use attune_schemas::PackRef;
use attune_schemas::coverage::ReleaseCoverage;
use attune_schemas::pack::PackMetadata;
use attune_schemas::pack_index::{PackIndex, Release};

use super::allowances::Allowances;
use super::dependencies::node_failed;
use super::preparing::{NewRelease, Prepared};
use super::{AddError, AddOptions, AddedPack};
use crate::operations::checked::CheckedPack;
use crate::registry::Publisher;
use crate::vendoring::python::python_satisfies;

/// The surroundings of every pack.
pub(super) struct Releasing<'a> {
    pub(super) publisher: &'a Publisher<'a>,
    pub(super) blobs: &'a BlobStore,
    pub(super) options: &'a AddOptions,
    pub(super) allowances: Allowances,
}

impl Releasing<'_> {
    /// Stores the release of `pack`, where it is new, and enters it into its index, which comes into `indexes`.
    pub(super) fn release(
        &self,
        pack: &CheckedPack,
        prepared: Prepared,
        indexes: &mut BTreeMap<PackRef, PackIndex>,
    ) -> Result<AddedPack, AddError> {
        let metadata = &pack.metadata;
        let Prepared { index, new, origin } = prepared;
        let mut entry = AddedPack {
            pack: metadata.pack.clone(),
            version: metadata.version.clone(),
            unchanged: new.is_none(),
            size: 0,
            origin,
            vendored: 0,
            coverage: None,
            targets: Vec::new(),
            findings: pack.report.findings.clone(),
        };
        let Some(new) = new else {
            let release = index.as_ref().and_then(|index| index.release(&metadata.version));
            entry.size = release.map_or(0, |release| release.size);
            self.allowances.pass();
            return Ok(entry);
        };
        let release = self.store(pack, new, &mut entry)?;
        let mut index = index.unwrap_or_else(|| empty_index(metadata));
        describe(&mut index, metadata, &release);
        index.insert(release);
        indexes.insert(metadata.pack.clone(), index);
        Ok(entry)
    }

    fn store(&self, pack: &CheckedPack, new: NewRelease, entry: &mut AddedPack) -> Result<Release, AddError> {
        let Self { publisher, blobs, options, allowances } = self;
        let metadata = &pack.metadata;
        let NewRelease { archive, python, nodejs, python_lock, node_lock, of_tests } = new;
        allowances.note(nodejs.as_ref()).map_err(|error| node_failed(pack, error))?;
        let wheels = python.iter().flat_map(|vendored| &vendored.files);
        let packages = nodejs.iter().flat_map(|vendored| &vendored.files);
        let for_tests = of_tests.iter().flat_map(|vendored| &vendored.files);
        let vendored: Vec<VendoredFile> = wheels.chain(packages).chain(for_tests).cloned().collect();
        let parts = ReleaseParts {
            metadata,
            components: &pack.report.components,
            archive: archive.described,
            python: python_lock,
            test_python: of_tests.as_ref().map(|vendored| vendored.lock.clone()),
            nodejs: node_lock,
            vendored: &vendored,
            origin: entry.origin.clone(),
            now: options.now,
        };
        entry.targets = ReleaseCoverage::of(&config_of(&parts));
        if !entry.targets.iter().any(ReleaseCoverage::installs) {
            let blames = entry.targets.iter().flat_map(|cell| cell.blames.iter().cloned()).collect();
            return Err(AddError::InstallsNowhere { pack: metadata.pack.clone(), blames });
        }
        self.require_targets(metadata, &entry.targets)?;
        let release = store(&parts, archive, blobs)?;
        // As installers read it, with their limits.
        publisher.release(&metadata.pack, &release)?;
        entry.size = release.size;
        entry.vendored = vendored.len();
        entry.coverage = python.map(|vendored| vendored.coverage);
        Ok(release)
    }

    /// Refuses a release that would lack a target that was asked for: it could never gain one.
    fn require_targets(&self, metadata: &PackMetadata, cells: &[ReleaseCoverage]) -> Result<(), AddError> {
        if self.options.allow_missing {
            return Ok(());
        }
        let missing = cells.iter().filter(|cell| !cell.installs());
        let mut blames: BTreeSet<String> =
            missing.map(|cell| format!("{}: {}", cell.shown_target(), cell.blames.join("; "))).collect();
        let requires = metadata.requires.python.as_deref().unwrap_or_default();
        for python in &self.options.targets.pythons {
            if requires.parse().is_ok_and(|requires| !python_satisfies(&requires, *python)) {
                blames.insert(format!("Python {python}: the pack requires Python {requires}"));
            }
        }
        let pack = metadata.pack.clone();
        if blames.is_empty() { Ok(()) } else { Err(AddError::TargetsMissing { pack, blames }) }
    }
}

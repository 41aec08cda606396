//! The part of an addition that packs go through side by side: archived and vendored, or found to be published.

use std::sync::OnceLock;

use attune_registry::blob::BlobStore;
use attune_registry::packing::{ArchivedPack, archive};
use attune_registry::report::{Place, Reporter};
use attune_schemas::environment_lock::{NodeLock, PythonLock};
use attune_schemas::origin::Origin;
use attune_schemas::pack_index::PackIndex;
use attune_schemas::{Platform, PythonMinor};

use super::dependencies::{Dependencies, bare_node, bare_python, node_inputs, python_inputs};
use super::published::Asked;
use super::{AddError, AddOptions};
use crate::operations::checked::CheckedPack;
use crate::pack::require_versions;
use crate::registry::Publisher;
use crate::targets::NoDefaultTarget;
use crate::vendoring::VendorSession;
use crate::vendoring::node::VendoredNode;
use crate::vendoring::python::{VendoredPython, VendoredTests};

/// The surroundings of every pack.
pub(super) struct Preparing<'a> {
    pub(super) publisher: &'a Publisher<'a>,
    pub(super) blobs: &'a BlobStore,
    pub(super) options: &'a AddOptions,
    pub(super) session: VendorSession<'a>,
    /// The targets, which take a program to ask where none was named.
    pub(super) targets: OnceLock<Vec<(Platform, PythonMinor)>>,
}

/// A pack that can be added.
pub(super) struct Prepared {
    /// Its index as it is published now.
    pub(super) index: Option<PackIndex>,
    /// What is new of it; `None` where this very release is published.
    pub(super) new: Option<NewRelease>,
    /// Where the files of the release came from.
    pub(super) origin: Option<Origin>,
}

/// A release that is not published yet.
pub(super) struct NewRelease {
    pub(super) archive: ArchivedPack,
    pub(super) python: Option<VendoredPython>,
    pub(super) nodejs: Option<VendoredNode>,
    pub(super) python_lock: Option<PythonLock>,
    pub(super) node_lock: Option<NodeLock>,
    /// The packages of its tests alone, and the lock of their environment.
    pub(super) of_tests: Option<VendoredTests>,
}

impl Preparing<'_> {
    /// Vendors and archives `pack`, unless this very release is published.
    pub(super) fn prepare(
        &self,
        pack: &CheckedPack,
        (reporter, place): (&dyn Reporter, Option<Place>),
    ) -> Result<Prepared, AddError> {
        let Self { publisher, blobs, options, .. } = *self;
        let metadata = &pack.metadata;
        let index = publisher.index(&metadata.pack)?;
        let (inputs, node_inputs) = (python_inputs(pack)?, node_inputs(pack)?);
        let targets = if inputs.is_empty() { &[][..] } else { self.targets()? };
        let pythons: Vec<PythonMinor> = targets.iter().map(|&(_, python)| python).collect();
        require_versions(&metadata.pack, &pack.report.components, &pythons)?;
        let platforms = if node_inputs.is_empty() { Vec::new() } else { options.targets.platforms()? };
        if let Some(release) = index.as_ref().and_then(|index| index.release(&metadata.version)) {
            let (glibc, allow_missing) = (options.vendor.glibc, options.allow_missing);
            let asked = Asked { targets, platforms: &platforms, glibc, allow_missing };
            let origin = asked.require_same(publisher, pack, release, blobs)?;
            return Ok(Prepared { index, new: None, origin });
        }
        let (session, script_advice) = (&self.session, options.script_advice);
        let dependencies = Dependencies { pack, session, script_advice, reporter, place };
        let python = dependencies.python(&inputs, targets)?;
        let nodejs = dependencies.node(&node_inputs, &platforms)?;
        let python_lock = python.as_ref().map(|vendored| vendored.lock.clone());
        let node_lock = nodejs.as_ref().map(|vendored| vendored.lock.clone());
        let python_lock = python_lock.or_else(|| bare_python(pack, &inputs));
        let tests_need = metadata.testing.as_ref().is_some_and(|testing| !testing.requirements.is_empty());
        let of_tests = match &python_lock {
            Some(own) if tests_need => Some(dependencies.tests(own, self.targets()?)?),
            _ => None,
        };
        // Last, as it is written into the registry, which a refusal leaves as it was.
        let archive = archive(&pack.directory, metadata, blobs)?;
        let new = NewRelease {
            archive,
            python,
            nodejs,
            python_lock,
            of_tests,
            node_lock: node_lock.or_else(|| bare_node(pack, &node_inputs)),
        };
        Ok(Prepared { index, new: Some(new), origin: pack.origin.clone() })
    }

    /// Every combination of machine and Python, asked for once.
    fn targets(&self) -> Result<&[(Platform, PythonMinor)], NoDefaultTarget> {
        if self.targets.get().is_none() {
            // Whoever asks at the same time gets the same answer.
            let _ = self.targets.set(self.options.targets.all()?);
        }
        Ok(self.targets.get().map_or(&[], Vec::as_slice))
    }
}

//! What a pack depends on, vendored: Python and npm packages, each under its lock.

use attune_registry::report::Reporter;
use attune_schemas::environment_lock::{NodeLock, PythonLock};
use attune_schemas::pack::{PackMetadata, node_dependencies, python_requirements};
use attune_schemas::{Platform, PythonMinor};

use super::{AddOptions, LintedPack};
use crate::error::BuildError;
use crate::release::{runs_node, runs_python};
use crate::vendor::{
    DownloadCache, DownloadProgress, NodeInputs, PythonInputs, VendorError, VendoredNode, VendoredPython,
    vendor_node, vendor_python,
};

pub(super) fn python_inputs(pack: &LintedPack) -> Result<PythonInputs, BuildError> {
    let metadata = &pack.metadata;
    let declared = python_requirements(&metadata.meta);
    PythonInputs::read(pack.directory.path(), &declared, metadata.requires.python.as_deref())
        .map_err(|source| BuildError::Vendor { pack: metadata.pack.clone(), source: Box::new(source) })
}

pub(super) fn vendor(
    pack: &LintedPack,
    inputs: &PythonInputs,
    targets: &[(Platform, PythonMinor)],
    options: &AddOptions,
    reporter: &dyn Reporter,
) -> Result<Option<VendoredPython>, BuildError> {
    if inputs.is_empty() {
        return Ok(None);
    }
    reporter.started(&format!("vendoring {}", pack.metadata.pack), None);
    let vendored = vendor_python(inputs, targets, &options.vendor, &Downloads(reporter));
    reporter.finished();
    let failed = |source| BuildError::Vendor { pack: pack.metadata.pack.clone(), source: Box::new(source) };
    vendored.map(Some).map_err(failed)
}

pub(super) fn node_inputs(pack: &LintedPack) -> Result<NodeInputs, BuildError> {
    let metadata = &pack.metadata;
    let declared = node_dependencies(&metadata.meta);
    NodeInputs::read(pack.directory.path(), &declared, metadata.requires.nodejs.as_deref())
        .map_err(|error| not_vendored(metadata, error.into()))
}

fn not_vendored(metadata: &PackMetadata, source: VendorError) -> BuildError {
    BuildError::Vendor { pack: metadata.pack.clone(), source: Box::new(source) }
}

pub(super) fn vendor_packages(
    pack: &LintedPack,
    inputs: &NodeInputs,
    platforms: &[Platform],
    options: &AddOptions,
    reporter: &dyn Reporter,
) -> Result<Option<VendoredNode>, BuildError> {
    if inputs.is_empty() {
        return Ok(None);
    }
    let failed = |error| not_vendored(&pack.metadata, error);
    let settings = &options.vendor;
    let cache = DownloadCache::open(&settings.cache_dir).map_err(|error| failed(error.into()))?;
    reporter.started(&format!("vendoring npm packages of {}", pack.metadata.pack), None);
    let vendored =
        vendor_node(inputs, platforms, &cache, (&settings.npm, &settings.downloads()), &Downloads(reporter));
    reporter.finished();
    let vendored = vendored.map_err(|error| failed(error.into()))?;
    for warning in &vendored.warnings {
        reporter.warning(&format!("{}: {warning}", pack.metadata.pack));
    }
    Ok(Some(vendored))
}

/// The lock of a pack that runs Node.js and needs no package.
pub(super) fn bare_node(pack: &LintedPack, inputs: &NodeInputs) -> Option<NodeLock> {
    runs_node(&pack.metadata, &pack.report.components).then(|| NodeLock {
        requires_nodejs: inputs.requires_nodejs().map(str::to_owned),
        manifest: inputs.manifest().cloned(),
        targets: Vec::new(),
        blocked: Vec::new(),
    })
}

/// The lock of a pack that runs Python and needs no third-party package.
pub(super) fn bare_python(pack: &LintedPack) -> Option<PythonLock> {
    runs_python(&pack.metadata, &pack.report.components).then(|| PythonLock {
        requires_python: pack.metadata.requires.python.clone(),
        manifest: None,
        targets: Vec::new(),
        blocked: Vec::new(),
    })
}

/// Shows downloads as one task.
struct Downloads<'a>(&'a dyn Reporter);

impl DownloadProgress for Downloads<'_> {
    fn building(&self, name: &str) {
        self.0.started(&format!("building {name}"), None);
    }

    fn advanced(&self, _name: &str, bytes: u64) {
        self.0.advanced(bytes);
    }

    fn retrying(&self, name: &str, attempt: u32, error: &crate::vendor::download::DownloadError) {
        self.0.warning(&format!("fetching `{name}` again (attempt {attempt}): {error}"));
    }
}

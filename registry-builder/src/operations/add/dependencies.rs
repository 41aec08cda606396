//! The dependencies of a pack, vendored: Python and npm packages, each under its lock.

use attune_registry::report::{NewTask, Place, Reporter};
use attune_schemas::environment_lock::{NodeLock, PythonLock};
use attune_schemas::pack::{node_dependencies, python_requirements};
use attune_schemas::problem::WarningCode;
use attune_schemas::{Platform, PythonMinor};

use super::AddOptions;
use super::CheckedPack;
use super::downloads::Downloads;
use super::error::AddError;
use super::node_warnings::{node_warnings, other_locks};
use crate::pack::{runs_node, runs_python};
use crate::vendoring::node::{NodeError, NodeInputs, UnrunScript, VendoredNode, vendor_node};
use crate::vendoring::python::{PythonError, PythonInputs, VendoredPython, vendor_python};

pub(super) fn python_inputs(pack: &CheckedPack) -> Result<PythonInputs, AddError> {
    let metadata = &pack.metadata;
    let declared = python_requirements(&metadata.meta);
    PythonInputs::read(&pack.directory, &declared, metadata.requires.python.as_deref())
        .map_err(|error| python_failed(pack, error))
}

pub(super) fn vendor(
    pack: &CheckedPack,
    inputs: &PythonInputs,
    targets: &[(Platform, PythonMinor)],
    options: &AddOptions,
    (reporter, place): (&dyn Reporter, Option<Place>),
) -> Result<Option<VendoredPython>, AddError> {
    if inputs.is_empty() {
        return Ok(None);
    }
    let name = format!("vendoring {}", pack.metadata.pack);
    let task = reporter.task(NewTask { place, ..NewTask::new(&name) });
    let vendored = vendor_python(inputs, targets, &options.vendor, &Downloads::new(reporter));
    drop(task);
    let vendored = vendored.map_err(|error| python_failed(pack, error))?;
    for warning in &vendored.warnings {
        reporter.warning(WarningCode::Dependency, &format!("{}: {warning}", pack.metadata.pack));
    }
    Ok(Some(vendored))
}

fn python_failed(pack: &CheckedPack, source: PythonError) -> AddError {
    AddError::Python { pack: pack.metadata.pack.clone(), source: Box::new(source) }
}

pub(super) fn node_inputs(pack: &CheckedPack) -> Result<NodeInputs, AddError> {
    let metadata = &pack.metadata;
    let declared = node_dependencies(&metadata.meta);
    NodeInputs::read(&pack.directory, &declared, metadata.requires.nodejs.as_deref())
        .map_err(|error| node_failed(pack, error))
}

pub(super) fn node_failed(pack: &CheckedPack, source: NodeError) -> AddError {
    AddError::Node { pack: pack.metadata.pack.clone(), source: Box::new(source) }
}

pub(super) fn vendor_packages(
    pack: &CheckedPack,
    inputs: &NodeInputs,
    platforms: &[Platform],
    options: &AddOptions,
    (reporter, place): (&dyn Reporter, Option<Place>),
) -> Result<Option<VendoredNode>, AddError> {
    let warn = |warnings: Vec<String>| {
        for warning in warnings {
            reporter.warning(WarningCode::Dependency, &format!("{}: {warning}", pack.metadata.pack));
        }
    };
    warn(inputs.warnings().to_vec());
    warn(other_locks(&pack.directory, inputs));
    if inputs.is_empty() {
        warn(node_warnings(pack, None));
        return Ok(None);
    }
    let name = format!("vendoring npm packages of {}", pack.metadata.pack);
    let task = reporter.task(NewTask { place, ..NewTask::new(&name) });
    let vendored = vendor_node(inputs, platforms, &options.vendor, &Downloads::new(reporter));
    drop(task);
    let vendored = vendored.map_err(|error| node_failed(pack, error))?;
    warn(node_warnings(pack, Some(&vendored.lock)));
    warn(vendored.warnings.clone());
    for UnrunScript { name, script } in &vendored.unrun_scripts {
        warn(vec![format!(
            "`{name}` has {} {script} script, which is not run; if it does not work without, {}",
            if *script == "install" { "an" } else { "a" },
            (options.script_advice)(name)
        )]);
    }
    Ok(Some(vendored))
}

/// The lock of a pack that runs Node.js and needs no package.
pub(super) fn bare_node(pack: &CheckedPack, inputs: &NodeInputs) -> Option<NodeLock> {
    runs_node(&pack.metadata, &pack.report.components).then(|| NodeLock {
        requires_nodejs: inputs.requires_nodejs().map(str::to_owned),
        manifest: inputs.manifest().cloned(),
        targets: Vec::new(),
        blocked: Vec::new(),
    })
}

/// The lock of a pack that runs Python and needs no third-party package.
pub(super) fn bare_python(pack: &CheckedPack, inputs: &PythonInputs) -> Option<PythonLock> {
    runs_python(&pack.metadata, &pack.report.components).then(|| PythonLock {
        requires_python: pack.metadata.requires.python.clone(),
        manifest: inputs.manifest().cloned(),
        targets: Vec::new(),
        blocked: Vec::new(),
    })
}

//! The dependencies of a pack, vendored: Python and npm packages, each under its lock.

use attune_registry::fetch::ReportedDownloads;
use attune_registry::report::{NewTask, Place, Reporter, Task};
use attune_schemas::environment_lock::{NodeLock, PythonLock};
use attune_schemas::pack::{node_dependencies, python_requirements};
use attune_schemas::problem::WarningCode;
use attune_schemas::{Platform, PythonMinor};

use super::CheckedPack;
use super::error::AddError;
use super::node_warnings::{node_warnings, other_locks};
use crate::vendoring::VendorSession;
use crate::vendoring::node::{NodeError, NodeInputs, UnrunScript, VendoredNode, vendor_node};
use crate::vendoring::python::{
    PythonError, PythonInputs, TestInputs, VendoredPython, VendoredTests, vendor_python, vendor_tests,
};

pub(super) fn python_inputs(pack: &CheckedPack) -> Result<PythonInputs, AddError> {
    let metadata = &pack.metadata;
    let declared = python_requirements(&metadata.meta);
    PythonInputs::read(&pack.directory, &declared, metadata.requires.python.as_deref())
        .map_err(|error| python_failed(pack, error))
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

/// The way to the dependencies of one pack.
pub(super) struct Dependencies<'a> {
    pub(super) pack: &'a CheckedPack,
    pub(super) session: &'a VendorSession<'a>,
    pub(super) script_advice: fn(&str) -> String,
    pub(super) reporter: &'a dyn Reporter,
    /// Its place among the packs that are added.
    pub(super) place: Option<Place>,
}

impl Dependencies<'_> {
    pub(super) fn python(
        &self,
        inputs: &PythonInputs,
        targets: &[(Platform, PythonMinor)],
    ) -> Result<Option<VendoredPython>, AddError> {
        if inputs.is_empty() {
            return Ok(None);
        }
        let task = self.task(&format!("vendoring {}", self.pack.metadata.pack));
        let vendored = vendor_python(inputs, targets, self.session, &ReportedDownloads::new(self.reporter));
        drop(task);
        let vendored = vendored.map_err(|error| python_failed(self.pack, error))?;
        self.warn(&vendored.warnings);
        Ok(Some(vendored))
    }

    /// What the tests of a pack need besides the packages of `own`.
    pub(super) fn tests(
        &self,
        own: &PythonLock,
        targets: &[(Platform, PythonMinor)],
    ) -> Result<VendoredTests, AddError> {
        let metadata = &self.pack.metadata;
        let files = metadata.testing.as_ref().map(|testing| &testing.requirements[..]).unwrap_or_default();
        let inputs = TestInputs::read(&self.pack.directory, files, own, metadata.requires.python.as_deref());
        let inputs = inputs.map_err(|error| python_failed(self.pack, error))?;
        let task = self.task(&format!("vendoring what tests of {} need", metadata.pack));
        let vendored =
            vendor_tests(&inputs, own, targets, self.session, &ReportedDownloads::new(self.reporter));
        drop(task);
        let vendored = vendored.map_err(|error| python_failed(self.pack, error))?;
        self.warn(&vendored.warnings);
        Ok(vendored)
    }

    pub(super) fn node(
        &self,
        inputs: &NodeInputs,
        platforms: &[Platform],
    ) -> Result<Option<VendoredNode>, AddError> {
        self.warn(inputs.warnings());
        self.warn(&other_locks(&self.pack.directory, inputs));
        if inputs.is_empty() {
            self.warn(&node_warnings(self.pack, None));
            return Ok(None);
        }
        let task = self.task(&format!("vendoring npm packages of {}", self.pack.metadata.pack));
        let vendored = vendor_node(inputs, platforms, self.session, &ReportedDownloads::new(self.reporter));
        drop(task);
        let vendored = vendored.map_err(|error| node_failed(self.pack, error))?;
        self.warn(&node_warnings(self.pack, Some(&vendored.lock)));
        self.warn(&vendored.warnings);
        for UnrunScript { name, script } in &vendored.unrun_scripts {
            self.warn(&[format!(
                "`{name}` has {} {script} script, which is not run; if it does not work without, {}",
                if *script == "install" { "an" } else { "a" },
                (self.script_advice)(name)
            )]);
        }
        Ok(Some(vendored))
    }

    fn warn(&self, warnings: &[String]) {
        for warning in warnings {
            let told = format!("{}: {warning}", self.pack.metadata.pack);
            self.reporter.warning(WarningCode::Dependency, &told);
        }
    }

    fn task(&self, name: &str) -> Box<dyn Task + '_> {
        self.reporter.task(NewTask { place: self.place, ..NewTask::new(name) })
    }
}

/// The lock of a pack that runs Node.js and needs no package.
pub(super) fn bare_node(pack: &CheckedPack, inputs: &NodeInputs) -> Option<NodeLock> {
    pack.linted().bare_node(inputs.manifest(), inputs.requires_nodejs())
}

/// The lock of a pack that runs Python and needs no third-party package.
pub(super) fn bare_python(pack: &CheckedPack, inputs: &PythonInputs) -> Option<PythonLock> {
    pack.linted().bare_python(inputs.manifest())
}

//! The interpreters and programs of a host, and the settings of every environment.

use std::cell::RefCell;

use attune_host::environment::LinkMode;
use attune_host::machine::{AskedProgram, InterpreterSearch, Interpreters, NodeInterpreters};
use attune_host::process::{CallerEnvironment, Interrupt};
use attune_host::root::HostRoot;
use attune_registry::release_check::BundleTargets;
use attune_schemas::runtime_definition::RuntimeDefinition;

use super::runtimes::CarriedRuntimes;

/// The interpreters and programs that a host can run packs with.
pub struct HostRuntimes<'a> {
    /// Its Pythons.
    pub pythons: &'a mut Interpreters,
    /// Its Node.js interpreters.
    pub nodes: &'a mut NodeInterpreters,
    /// The interpreters that the source carries, for hosts with none that fits.
    pub carried: CarriedRuntimes<'a>,
    /// The root that carried ones are unpacked below.
    pub root: &'a HostRoot,
    /// Where other programs are looked for.
    pub programs: &'a InterpreterSearch,
    /// Runtimes of packs that are installed already.
    pub definitions: Vec<RuntimeDefinition>,
    /// The caller's environment.
    pub caller: &'a CallerEnvironment,
    /// Tells when to stop.
    pub interrupt: &'a Interrupt,
    /// The programs that were asked whether the host has a runtime.
    pub asked: RefCell<Vec<AskedProgram>>,
}

/// The settings of every environment of a plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanSettings<'a> {
    /// The bundle's targets; `None` if the source is not a bundle.
    pub(crate) made_for: Option<&'a BundleTargets>,
    /// How files come into environments.
    pub(crate) link_mode: LinkMode,
}

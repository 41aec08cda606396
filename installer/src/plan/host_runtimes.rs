//! The interpreters and programs of a host, and the settings of every environment.

use std::cell::RefCell;
use std::thread;

use attune_host::environment::LinkMode;
use attune_host::machine::{AskedProgram, InterpreterSearch, Interpreters, KnownTags, NodeInterpreters};
use attune_host::process::{CallerEnvironment, Interrupt};
use attune_host::root::HostRoot;
use attune_registry::release_check::BundleTargets;
use attune_registry::workers::start;
use attune_schemas::environment_lock::EnvironmentLocks;
use attune_schemas::runtime_definition::RuntimeDefinition;

use super::runtimes::CarriedRuntimes;

/// The interpreters and programs that a host can run packs with.
pub struct HostRuntimes<'a> {
    /// Its Pythons.
    pub pythons: &'a mut Interpreters,
    /// The wheel tags that those take which were chosen.
    pub tags: KnownTags,
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

impl HostRuntimes<'_> {
    /// Asks the first Python and the first Node.js at the same time, if both are needed.
    pub(super) fn ask_ahead(&mut self, locks: &[&EnvironmentLocks]) {
        let is_needed = |needs: fn(&EnvironmentLocks) -> bool| locks.iter().any(|locks| needs(locks));
        if is_needed(|locks| locks.python.is_some()) && is_needed(|locks| locks.nodejs.is_some()) {
            thread::scope(|scope| {
                start(scope, || self.nodes.ask_first());
                self.pythons.ask_first();
            });
        }
    }
}

/// The settings of every environment of a plan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanSettings<'a> {
    /// The bundle's targets; `None` if the source is not a bundle.
    pub(crate) made_for: Option<&'a BundleTargets>,
    /// How environments share the files of the store.
    pub(crate) link_mode: LinkMode,
}

//! The options of an install.

use std::path::PathBuf;

use attune_host::environment::LinkMode;
use attune_host::machine::InterpreterSearch;
use attune_host::process::{CallerEnvironment, Interrupt};
use attune_registry::blob::Durability;
use attune_schemas::PackRequest;
use jiff::Timestamp;

use crate::pack_tests::TestPolicy;
use crate::plan::RegistryPolicy;
use crate::source::{SourceLocation, TrustSettings};

/// The options of an install.
#[derive(Debug, Clone)]
pub struct InstallOptions {
    /// The installation root.
    pub root: PathBuf,
    /// Where the packs come from.
    pub source: SourceLocation,
    /// The packs; empty means everything that the bundle was made for.
    pub requests: Vec<PackRequest>,
    /// Whether the packs are installed as if nothing of them were there.
    pub reinstall: bool,
    /// Whether a pack may come from another registry than before.
    pub registry_policy: RegistryPolicy,
    /// The roots that are trusted.
    pub trust: TrustSettings,
    /// Where to look for Pythons.
    pub interpreters: InterpreterSearch,
    /// Where to look for Node.js.
    pub nodes: InterpreterSearch,
    /// Where other programs are looked for.
    pub programs: InterpreterSearch,
    /// The caller's environment.
    pub caller: CallerEnvironment,
    /// How environments share the files of the store.
    pub link_mode: LinkMode,
    /// Whether modules are compiled to bytecode now, rather than by whoever imports them first.
    pub compile_bytecode: bool,
    /// Go on where the host lacks shared libraries that wheels need.
    pub ignore_missing_libraries: bool,
    /// The effect of failing tests.
    pub tests: TestPolicy,
    /// This program, for tests without a network.
    pub helper: Option<PathBuf>,
    /// Whether everything is on disk before it is activated.
    pub durability: Durability,
    /// The time of the installation.
    pub now: Timestamp,
    /// Tells when to stop; once the packs are registered it is too late.
    pub interrupt: Interrupt,
}

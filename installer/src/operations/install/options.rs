//! The options of an install.

use std::path::PathBuf;

use attune_host::environment::LinkMode;
use attune_host::machine::InterpreterSearch;
use attune_host::process::CallerEnvironment;
use attune_schemas::PackRequest;
use attune_schemas::requirement::ChannelRequest;

use super::pack_set::PackSetOptions;
use crate::migrations::MigrationPolicy;
use crate::operations::ChangeOptions;
use crate::pack_tests::TestPolicy;
use crate::plan::{ChooseOptions, EnvironmentPolicy};
use crate::source::{PackSource, TrustSettings};

/// Whether the originals of what is installed are kept: archives, locks and wheels as the publisher signed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OriginalsPolicy {
    /// They are read once and forgotten.
    #[default]
    Forget,
    /// They are kept in the store, so that what is installed can be exported and mended without its source.
    Keep,
}

/// The options of an install.
#[derive(Debug, Clone)]
pub struct InstallOptions {
    /// The installation root.
    pub root: PathBuf,
    /// Where the packs come from.
    pub source: PackSource,
    /// The packs; empty, with no channel either, means everything that the bundle was made for, or that is installed
    /// where it is to be upgraded.
    pub requests: Vec<PackRequest>,
    /// Packs that are asked for by a channel.
    pub channels: Vec<ChannelRequest>,
    /// The set that the packs are declared in, if a file names them.
    pub set: Option<PackSetOptions>,
    /// Whether the packs are installed as if nothing of them were there.
    pub reinstall: bool,
    /// Whether the originals of what is installed are kept.
    pub originals: OriginalsPolicy,
    /// How releases are chosen.
    pub choose: ChooseOptions,
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
    /// The effect of environments that cannot be built.
    pub environments: EnvironmentPolicy,
    /// The effect of failing tests.
    pub tests: TestPolicy,
    /// Whether migrations run.
    pub migrations: MigrationPolicy,
    /// This program, for tests and migrations without a network.
    pub helper: Option<PathBuf>,
    /// The options of every change.
    pub change: ChangeOptions,
}

//! The options that `install` and `upgrade` share.

use std::ffi::OsString;
use std::path::PathBuf;

use attune_host::machine::InterpreterSearch;
use attune_host::process::OperationKind;
use attune_registry::origin::PackSource;
use attune_schemas::Digest;
use attune_terminal::parse_duration;
use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::asked::Asked;
use super::usage::UsageError;
use crate::cli::args::change::{ChangeArgs, interrupt_on_signals};
use crate::cli::args::link_mode::LinkModeArg;
use crate::cli::args::migrations::MigrationArgs;
use crate::cli::args::packs_base_dir::PacksBaseDirArgs;
use crate::cli::args::settings::{CommonArgs, caller_environment, this_program};
use crate::cli::args::time_limit::TimeoutArgs;
use crate::cli::args::unsigned::UnsignedArgs;
use crate::operations::{InstallOptions, OriginalsPolicy};
use crate::pack_tests::TestPolicy;
use crate::plan::{
    ChooseOptions, DependencyPolicy, EnvironmentPolicy, LackingPolicy, Purpose, RegistryPolicy,
};
use crate::source::{TrustSettings, UnsignedSources};
use crate::trust::{AnchorSettings, AskedGrace};

/// Options of `install` and `upgrade`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(in crate::cli) struct SourceArgs {
    /// Install packs from this registry alone, a URL, directory or known name; without a bundle, defaults to the
    /// variable `ATTUNE_REGISTRY`
    #[arg(long, value_name = "URL|DIR|NAME")]
    pub(in crate::cli) registry: Option<OsString>,
    /// Allow a named pack to come from another registry than the installed release
    #[arg(long)]
    change_registry: bool,
    /// Trust the registry that this root metadata belongs to; needed once per registry
    #[arg(long, value_name = "ROOT.json")]
    trust: Option<PathBuf>,
    /// Trust only a root with this sha256; without --trust, the root is read from the bundle or registry
    #[arg(long, value_name = "sha256:HEX")]
    trust_fingerprint: Option<Digest>,
    /// Accept metadata that expired at most this long ago, such as `30d`, `12h` or `any`; the host records it
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    expiry_grace: Option<SignedDuration>,
    /// Use this Python and no other
    #[arg(long, value_name = "PATH", env = "ATTUNE_PYTHON")]
    python: Option<PathBuf>,
    /// Use this Node.js and no other
    #[arg(long, value_name = "PATH", env = "ATTUNE_NODE")]
    node: Option<PathBuf>,
    /// How environments share the files of the store
    #[arg(long, value_name = "MODE", value_enum, default_value_t, env = "ATTUNE_LINK_MODE")]
    link_mode: LinkModeArg,
    /// Compile modules to bytecode now, once for all environments
    #[arg(long)]
    compile_bytecode: bool,
    /// Install even if the host lacks shared libraries that packages need
    #[arg(long)]
    ignore_missing_libraries: bool,
    /// Keep the archives and packages as they were signed, for `export` and `repair`
    #[arg(long)]
    keep_blobs: bool,
    /// Do not run the packs' own tests
    #[arg(long)]
    skip_tests: bool,
    /// Install nothing but the named packs; whatever else they need must be installed
    #[arg(long, visible_alias = "skip-dependencies")]
    skip_deps: bool,
    /// Build no environments, and run no tests in them; `--reinstall` builds them later
    #[arg(long)]
    skip_env_build: bool,
    /// Install all the same: again what is installed, without packs that cannot be had, without environments that cannot be
    /// built, and though tests fail; what was left out is told, and the exit code is 1. Signatures are checked as ever
    #[arg(long)]
    pub(in crate::cli) force: bool,
    #[command(flatten)]
    migrations: MigrationArgs,
    #[command(flatten)]
    pub(in crate::cli) packs_base_dir: PacksBaseDirArgs,
    #[command(flatten)]
    pub(in crate::cli) timeout: TimeoutArgs,
    #[command(flatten)]
    pub(in crate::cli) unsigned: UnsignedArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    pub(in crate::cli) common: CommonArgs,
}

impl SourceArgs {
    /// Whether a root to trust was named.
    pub(super) const fn names_trust(&self) -> bool {
        self.trust.is_some() || self.trust_fingerprint.is_some()
    }

    /// `sources`, which nobody signed, and how they are obtained.
    pub(in crate::cli) fn unsigned_sources(
        &self,
        sources: Vec<PackSource>,
    ) -> Result<UnsignedSources, UsageError> {
        let search = InterpreterSearch::of(&caller_environment(), self.python.clone());
        Ok(self.unsigned.sources(sources, search, &interrupt_on_signals())?)
    }

    /// The options of an installation of `asked`.
    pub(in crate::cli) fn options(&self, asked: Asked, purpose: Purpose, now: Timestamp) -> InstallOptions {
        let registry = if self.change_registry { RegistryPolicy::Change } else { RegistryPolicy::Keep };
        let kind = match purpose {
            Purpose::Install => OperationKind::Install,
            Purpose::Upgrade => OperationKind::Upgrade,
        };
        let dependencies =
            if self.skip_deps { DependencyPolicy::Installed } else { DependencyPolicy::Install };
        let lacking = if self.force { LackingPolicy::GoWithout } else { LackingPolicy::Refuse };
        let caller = caller_environment();
        let search = |only: Option<&PathBuf>| InterpreterSearch::of(&caller, only.cloned());
        InstallOptions {
            root: self.common.root.clone(),
            source: asked.source,
            requests: asked.requests,
            channels: asked.channels,
            set: None,
            reinstall: false,
            originals: if self.keep_blobs { OriginalsPolicy::Keep } else { OriginalsPolicy::Forget },
            choose: ChooseOptions { registry, purpose, dependencies, lacking, ..ChooseOptions::default() },
            trust: TrustSettings {
                anchor: AnchorSettings { file: self.trust.clone(), fingerprint: self.trust_fingerprint },
                grace: self.expiry_grace.map(|duration| AskedGrace { duration, option: "--expiry-grace" }),
            },
            interpreters: search(self.python.as_ref()),
            nodes: search(self.node.as_ref()),
            programs: search(None),
            caller,
            link_mode: self.link_mode.into(),
            compile_bytecode: self.compile_bytecode,
            ignore_missing_libraries: self.ignore_missing_libraries,
            environments: match (self.skip_env_build, self.force) {
                (true, _) => EnvironmentPolicy::LeaveOut,
                (_, true) => EnvironmentPolicy::GoWithout,
                _ => EnvironmentPolicy::Require,
            },
            tests: match (self.skip_tests, self.force) {
                (true, _) => TestPolicy::Skip,
                (_, true) => TestPolicy::Force,
                _ => TestPolicy::Enforce,
            },
            migrations: self.migrations.policy(),
            helper: this_program(),
            change: self.change.options(kind, now).forced(&[
                ("--force", self.force),
                ("--allow-unsigned", self.unsigned.allow_unsigned),
                ("--skip-tests", self.skip_tests),
                ("--skip-deps", self.skip_deps),
                ("--skip-env-build", self.skip_env_build),
                self.migrations.forced(),
                ("--ignore-missing-libraries", self.ignore_missing_libraries),
                ("--change-registry", self.change_registry),
                ("--expiry-grace", self.expiry_grace.is_some()),
            ]),
        }
    }
}

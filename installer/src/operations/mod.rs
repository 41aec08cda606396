//! Whole operations on a host: each takes the lock, and ends in one change.

mod change_options;
mod install;
mod lifecycle;
mod rebuild;
mod registries;
mod repair;
mod report;
mod show;
mod stages;
mod stopwatch;
mod test;

pub use change_options::ChangeOptions;
pub use install::{InstallError, InstallOptions, install};
pub use lifecycle::{
    LifecycleError, PolicyChange, PolicyReport, RollbackOptions, RollbackReport, UninstallOptions,
    UninstallReport, User, change_policy, policy, rollback, uninstall,
};
pub use rebuild::{RebuildError, RebuildOptions, RebuiltEnvironment, rebuild_environments};
pub use registries::{
    AddRegistryOptions, AddedRegistry, ListedRegistries, ListedRegistry, RegistryChange, RegistryError,
    RemovedRegistry, TrustPolicyOnRemoval, add_registry, known_registry, list_registries, order_registries,
    remove_registry,
};
pub use repair::{RepairOptions, RepairReport, repair};
pub use report::{InstallReport, LeftOut, LeftOutKind, Outcome, PackReport, PlannedChange, TestReport};
pub use show::ShownPack;
pub use stages::{
    BuildEnvsOptions, BuildEnvsReport, BuiltEnvironments, DependenciesReport, DepsError, DepsOptions,
    DownloadError, DownloadOptions, DownloadReport, Downloads, EnvironmentsError, NamedPack, NamedSource,
    PackFileError, PackTestsReport, SourceFailure, WantedSource, build_envs, dependencies, download,
};
pub use stopwatch::{StageTime, Stopwatch};
pub use test::{Recorded, TestOptions, TestedReport, TestsError, TestsReport, UntestedReport, test_packs};

//! Whole operations on a host: each takes the lock, and ends in one change.

mod change_options;
mod contents;
mod doctor;
mod export;
mod host_inventory;
mod install;
mod lifecycle;
mod outdated;
mod rebuild;
mod registries;
mod repair;
mod report;
mod search;
mod show;
mod stages;
mod status;
mod stopwatch;
mod test;
mod workflows;

pub use change_options::ChangeOptions;
pub use contents::{
    DiffOptions, DiffReport, DiffSide, DiffedSide, InspectOptions, InspectReport, InspectTarget,
    InspectedKind, InspectedRelease, LookError, SourceTrust, diff, inspect,
};
pub use doctor::{DoctorOptions, Severity, Symptom, examine};
pub use export::{ExportError, ExportOptions, ExportReport, ExportedPack, export};
pub use host_inventory::{
    FoundInterpreter, HostFacts, HostInventory, HostInventoryError, InventoriedEnvironment, InventoriedPack,
    InventorySearch, host_inventory,
};
pub use install::{
    InstallError, InstallOptions, OriginalsPolicy, PackSetError, PackSetOptions, PackSetReport,
    ValidateOptions, Validated, ValidationFault, install, validate,
};
pub use lifecycle::{
    BackupOptions, LifecycleError, PolicyChange, PolicyReport, PurgeOptions, PurgeReport, RestoreOptions,
    RestoreReport, RollbackOptions, RollbackReport, UninstallOptions, UninstallReport, User, change_policy,
    policy, purge, restore, rollback, uninstall,
};
pub use outdated::{InstalledRelease, OutdatedReport, ReleaseState, outdated};
pub use rebuild::{RebuildError, RebuildOptions, RebuiltEnvironment, rebuild_environments};
pub use registries::{
    AddRegistryOptions, AddedRegistry, ListedRegistries, ListedRegistry, RegistryChange, RegistryError,
    RemovedRegistry, TrustPolicyOnRemoval, add_registry, known_registry, list_registries, order_registries,
    remove_registry,
};
pub use repair::{RepairOptions, RepairReport, repair};
pub use report::{
    InstallReport, KeptOriginals, LeftOut, LeftOutKind, Outcome, PackReport, PlannedChange, TestReport,
};
pub use search::{FoundPack, SearchError, SearchOptions, SearchReport, search};
pub use show::ShownPack;
pub use stages::{
    BuildEnvsOptions, BuildEnvsReport, BuiltEnvironments, DependenciesReport, DepsError, DepsOptions,
    DownloadError, DownloadOptions, DownloadReport, Downloads, EnvironmentsError, NamedPack, NamedSource,
    PackFileError, PackTestsReport, RegisterError, RegisterOptions, RegisterReport, Registered,
    SourceFailure, WantedSource, build_envs, dependencies, download, register,
};
pub use status::{ChangeUnderWay, Concern, ConcernKind, StatusError, StatusReport, status};
pub use stopwatch::{StageTime, Stopwatch};
pub use test::{Recorded, TestOptions, TestedReport, TestsError, TestsReport, UntestedReport, test_packs};
pub use workflows::{
    SyncedPackReport, SyncedWorkflowReport, ValidatedWorkflow, WorkflowDrawing, WorkflowError,
    WorkflowSyncOptions, WorkflowSyncReport, WorkflowValidationReport, WorkflowsOf, sync_workflows,
    validate_workflows,
};

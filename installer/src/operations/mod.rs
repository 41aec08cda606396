//! Whole operations on a host: each takes the lock, and ends in one change.

mod change_options;
mod install;
mod lifecycle;
mod rebuild;
mod repair;
mod report;
mod stopwatch;

pub use change_options::ChangeOptions;
pub use install::{InstallError, InstallOptions, install};
pub use lifecycle::{
    LifecycleError, PolicyChange, PolicyReport, RollbackOptions, RollbackReport, UninstallOptions,
    UninstallReport, User, change_policy, policy, rollback, uninstall,
};
pub use rebuild::{RebuildError, RebuildOptions, RebuiltEnvironment, rebuild_environments};
pub use repair::{RepairOptions, RepairReport, repair};
pub use report::{InstallReport, Outcome, PackReport, TestReport};
pub use stopwatch::{StageTime, Stopwatch};

//! Whole operations on a host: each takes the lock, and ends in one change.

mod install;
mod rebuild;
mod repair;
mod report;
mod stopwatch;
mod test;

pub use install::{InstallError, InstallOptions, install};
pub use rebuild::{RebuildError, RebuildOptions, RebuiltEnvironment, rebuild_environments};
pub use repair::{RepairOptions, RepairReport, repair};
pub use report::{InstallReport, Outcome, PackChange, PackReport, TestReport};
pub use stopwatch::{StageTime, Stopwatch};
pub use test::{Recorded, TestOptions, TestedReport, TestsError, TestsReport, UntestedReport, test_packs};

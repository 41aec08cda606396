//! Installs Attune packs from a signed bundle or registry, offline.
//!
//! The flow, each step taking what the one before it returned, so that none can be skipped:
//!
//! ```text
//! OpenedSource -> VerifiedSource -> InstallPlan -> StagedPacks -> TestedPacks -> Registered -> active
//!   open.rs        verify.rs        plan/          unpack/        testing/       register/    activate.rs
//! ```
//!
//! Everything up to the last step happens beside what is running; the last step is one rename.

pub mod activate;
pub mod cli;
pub mod environment;
pub mod error;
pub mod generation;
pub mod host;
pub mod install;
pub mod journal;
pub mod list;
pub mod open;
pub mod plan;
pub mod python;
pub mod recover;
pub mod register;
pub mod stopwatch;
pub mod testing;
pub mod unpack;
pub mod verify;

pub use error::{ExitKind, InstallError};
pub use install::{InstallOptions, InstallReport, Outcome, install};

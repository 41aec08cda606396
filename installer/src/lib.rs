//! Installs Attune packs from a signed bundle or registry, offline.
//!
//! The flow, stage by stage; `install.rs` reads as this list:
//!
//! ```text
//! open.rs      a bundle, a directory or a URL   -> Source
//! verify.rs    metadata against trust           -> VerifiedSource
//! plan/        releases, interpreters, room     -> InstallPlan
//! unpack/      blobs, checked, into staging and the store
//! environments/  venv/: wheels folded; node_modules/: packages at their places
//! testing/     the packs' own tests             -> PackTestResult
//! register/    rows, in one transaction
//! activate.rs  one rename
//! ```
//!
//! Everything up to the last step happens beside what is running; the last step is one rename.

pub mod activate;
pub mod anchor;
pub mod caller;
pub mod cli;
mod disk;
pub mod du;
pub mod engine;
pub mod environments;
pub mod failure;
pub mod freshness;
pub mod gc;
pub mod generation;
pub mod host;
pub mod install;
pub mod interrupt;
pub mod journal;
pub mod kept_release;
pub mod link;
pub mod list;
pub mod node_modules;
pub mod nodejs;
pub mod open;
pub mod plan;
mod process;
pub mod python;
pub mod recover;
pub mod register;
pub mod report;
pub mod stopwatch;
pub mod testing;
pub mod trusted;
pub mod unpack;
pub mod venv;
pub mod verify;

pub use install::{InstallError, InstallOptions, install};
pub use report::{InstallReport, Outcome};

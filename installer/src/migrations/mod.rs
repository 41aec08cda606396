//! Migrations: scripts of packs that bring their data from the form of one version to that of another.
//!
//! ```text
//! way       the migrations between two versions, in order
//! subject   a pack whose version changes, and where its scripts are
//! script    one script as a program, with its surroundings
//! run       runs all of them, just before a change is committed
//! back      takes back those that have run, where the change fails
//! report    those that ran, or would
//! ```
//!
//! Scripts run on a writable copy of their pack, after everything else of a change that may fail and before its rows are
//! written: from then on nothing can be taken back.

mod back;
mod error;
mod report;
mod run;
mod script;
mod subject;
mod way;

pub use attune_host::process::{MigrationReport, MigrationState};

pub(crate) use back::TakingBack;
pub use error::MigrationError;
pub(crate) use run::migrate;
pub use run::{MigrationPolicy, MigrationSettings};
pub(crate) use subject::{GoingBack, MigratedPack, dependencies_first};

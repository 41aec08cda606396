//! What this process was asked for, and programs of packs: run with limits, in the part of the caller's environment that
//! they may see.

mod caller;
mod migration;
mod operation;

pub use attune_registry::process::{Finished, Interrupt, Interrupted, run};
pub use caller::CallerEnvironment;
pub use migration::{MigrationDirection, MigrationReport, MigrationState};
pub use operation::{Operation, OperationKind};

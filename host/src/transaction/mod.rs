//! A change in progress: the root in one process's hands, staging, its journal, and recovery.

mod access;
mod held_root;
mod journal;
mod recover;
mod staging;
mod step;

pub use access::{Access, Wait};
pub use held_root::{AccessError, HeldRoot, MendedAtOnce};
pub use journal::{StagingJournal, unfinished};
pub use recover::{RecoverError, Recovery, complete, recover, recover_leftovers};
pub use staging::{STAGED_TRUST, Staging};
pub use step::Step;

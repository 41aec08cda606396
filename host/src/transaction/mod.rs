//! A change in progress: its staging directory, the journal of what it put in place, and recovery.

mod journal;
mod recover;
mod staging;

pub use journal::StagingJournal;
pub use recover::{RecoverError, Recovery, complete, recover};
pub use staging::{STAGED_TRUST, Staging};

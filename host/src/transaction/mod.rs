//! The one way from a generation to the next.
//!
//! ```text
//! held_root  the root in one process's hands
//! recover    what an earlier process left
//! staging    what a change puts in place, and its journal
//! change     the steps from there to the next generation
//! ```

mod access;
mod change;
mod held_root;
mod journal;
mod recover;
mod staging;
mod step;

pub use access::{Access, Wait};
pub use change::{Change, ChangeError, Prepared, Rows};
pub use held_root::{AccessError, HeldRoot, MendedAtOnce};
pub use journal::{StagingJournal, unfinished};
pub use recover::{RecoverError, Recovery, complete, recover, recover_leftovers};
pub use staging::{STAGED_TRUST, Staging};
pub use step::Step;

//! Programs of packs: run with limits, in the part of the caller's environment that they may see.

mod caller;

pub use attune_registry::process::{Finished, Interrupt, Interrupted, run};
pub use caller::CallerEnvironment;

//! Programs of packs: run with limits, in the part of the caller's environment that they may see.

mod caller;
mod interrupt;
mod run;

pub use caller::CallerEnvironment;
pub use interrupt::{Interrupt, Interrupted};
pub use run::{Finished, run};

//! Programs of others, run with limits and ended with everything that they started.

mod interrupt;
mod run;
mod variables;

pub use interrupt::{Interrupt, Interrupted};
pub use run::{Finished, run};
pub use variables::Variables;

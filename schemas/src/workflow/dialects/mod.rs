//! The forms beside today's, each brought to the model and told with the form of today.
//!
//! What servers of today read (the flat fields, `decision`) is read in silence; what only documents and older packs
//! have, and servers refuse or pass over, is told as C016.

mod outcome;
mod steps;
mod top_level;

pub(crate) use outcome::{Outcome, all_of};
pub(super) use steps::transitions;
pub(super) use top_level::{count_joins, join, outputs, parameters, tasks, vars};

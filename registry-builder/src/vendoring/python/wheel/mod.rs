//! Fetched wheels: safe to unpack, what their files need of a host, and what they need of each other.

mod contents;
mod judged;
mod placement;

pub(super) use judged::{JudgedWheels, judge_wheels, locked_wheels};

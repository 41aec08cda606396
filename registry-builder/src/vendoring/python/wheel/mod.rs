//! Fetched wheels: safe to unpack, what their files need of a host, and what they need of each other.

mod contents;
mod imports;
mod judged;
mod locked;
mod order;
mod overlaps;
mod placement;

pub(super) use imports::imports_of_setuptools;
pub(super) use judged::{JudgedWheels, judge_wheels};
pub(super) use locked::{LockedTarget, lock_target, warning_of_import};

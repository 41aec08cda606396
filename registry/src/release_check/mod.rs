//! Judges a release without a machine: what a host could refuse later is refused before it is published.
//!
//! ```text
//! wheel           the entries of a wheel: names, kinds, collisions, sizes
//! wheel_metadata  a wheel's description of itself, its scripts and its data
//! node_tree       the places of npm packages and the links to their programs
//! target          the part of a lock that is for a machine
//! release         all of it, over the locks of one release
//! ```
//!
//! Called by whoever publishes a release, and again by whoever installs one: a publisher may have used another
//! program.

mod error;
mod node_tree;
mod release;
mod target;
#[cfg(test)]
mod testing;
mod wheel;
mod wheel_metadata;

pub use error::{ReleaseFault, WheelError};
pub use release::check_release;
pub use target::{BundleTargets, fits_node_abi, node_target, python_target, wheels_for};
pub use wheel::{WheelFile, WheelTree, judge_wheel};
pub use wheel_metadata::check_metadata;

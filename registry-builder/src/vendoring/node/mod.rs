//! Node.js vendoring: from a pack's `package.json` to tarballs and their places in `node_modules`.
//!
//! ```text
//! inputs     what the pack asks for (package.json, its lock, meta.node_dependencies)
//!   npm        the program: makes a lock where the pack has none, packs directories and repositories
//! lock       the lock to follow, and what of it each target gets
//! gathering  the tarballs of every platform, without optional ones that are gone
//!   sources    where each tarball comes from
//!   tarball    what a fetched tarball holds; hostile ones are refused here
//!   entry_point  the file that `require` gets of a package
//!   prepare    packages that are packed here, built before if that was allowed
//! bins       links to programs
//! scripts    an install script, run once here, its files kept as overlays
//!   allowed_scripts  those that were allowed by name, in the tree that they expect
//! vendoring  the steps in order -> `VendoredNode`
//! ```
//!
//! Resolution is npm's, and everything after it is ours: a target needs no npm.

mod allowed_scripts;
mod bins;
mod entry_point;
pub mod error;
mod gathering;
pub mod inputs;
mod lock;
mod npm;
mod prepare;
mod scripts;
mod sources;
mod tarball;
pub mod vendoring;

pub use error::NodeError;
pub(crate) use gathering::shortened;
pub use inputs::NodeInputs;
pub use npm::NpmSettings;
pub use vendoring::{UnrunScript, VendoredNode, vendor_node};

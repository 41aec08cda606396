//! An installed host: its machine, its root, and every change of it.
//!
//! ```text
//! process       programs with limits, interrupts, the caller's environment
//! machine       Pythons, Node.js, programs, shared libraries, the C library
//! root          where everything is, the lock, planted links, removal
//! preferences   the registries that the host knows, packs that are held or pinned
//! local         the registry of packs that the host signs itself, and the originals that it keeps of others
//! trees         lists of the store's files, and whether trees are still as they say
//! environment   the description of an environment, and its entry in a generation
//! generation    a lock file with its directory; the one rename
//! database      rows of packs, components and environments, in one transaction
//! inventory     what is installed, for people and programs
//! verification  whether what is active is what was installed
//! transaction   the one way from a generation to the next: staging, its journal, recovery
//! store         garbage collection, sizes
//! ```
//!
//! Rooms import from those above them in this list only.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests write files as they like"))]

pub mod database;
pub mod environment;
pub mod generation;
pub mod inventory;
pub mod local;
pub mod machine;
pub mod preferences;
pub mod process;
pub mod root;
pub mod store;
pub mod transaction;
pub mod trees;
pub mod verification;

pub use transaction::{Change, ChangeError, Prepared, Rows};

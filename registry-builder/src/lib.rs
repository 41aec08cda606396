//! Builds signed static registries and offline bundles of Attune packs.
//!
//! ```text
//! PackDirectory -> LintReport -> VendoredPython, VendoredNode -> release -> published index -> bundle
//! (registry)       (schemas)     vendoring                        pack       registry           bundle
//! ```
//!
//! Rooms, from the ground up; each imports from those above it in this list alone:
//!
//! ```text
//! targets registry             the machines to build for; a registry's directory
//! signing                      keys, roles and changes of root
//! vendoring                    dependencies, fetched and locked
//! pack runtime bundle          releases; carried interpreters; bundles
//! operations                   add, init, inspect, refresh
//! failure                      the kind of each failure
//! cli                          the command line
//! ```
//!
//! Everything that needs a network happens here, once; a target only links what this wrote down.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests write files as they like"))]

pub mod bundle;
pub mod cli;
pub mod failure;
pub mod operations;
pub mod pack;
pub mod registry;
pub mod runtime;
pub mod signing;
pub mod targets;
#[cfg(test)]
mod testing;
pub mod vendoring;

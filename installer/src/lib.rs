//! Installs Attune packs from a signed bundle or registry, offline.
//!
//! The stages, the ground first; `operations/install` reads as this list:
//!
//! ```text
//! trust         whom this host trusts
//! source        a bundle, a directory or a URL, verified against trust   -> VerifiedSource
//! plan          releases, interpreters, room                             -> InstallPlan
//! environments  wheels folded, npm packages laid out, recipes run
//! unpack        blobs, checked, into staging and the store
//! pack_tests    the packs' own tests                                     -> PackTestResult
//! migrations    scripts that bring the data of packs to another version
//! failure       the kind of each stage's failures
//! operations    install, rebuild
//! ```
//!
//! Everything happens beside what is running, until the host's change is committed: one transaction, one rename.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests write files as they like"))]

pub mod cli;
pub mod environments;
pub mod failure;
pub mod migrations;
pub mod operations;
pub mod originals;
pub mod pack_tests;
pub mod plan;
pub mod source;
pub mod trust;
pub mod unpack;

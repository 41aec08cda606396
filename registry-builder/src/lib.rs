//! Builds signed static registries and offline bundles of Attune packs.
//!
//! ```text
//! PackDirectory -> LintReport -> VendoredPython -> PreparedRelease -> published index -> bundle
//! pack_source.rs   (schemas)     vendor/           release.rs         registry/          bundle.rs
//! ```
//!
//! Everything that needs a network happens here, once; a target only links what this wrote down.

pub mod add;
mod advice;
pub mod bundle;
mod bundle_cut;
pub mod ceremony;
pub mod cli;
pub mod confinement;
pub mod error;
pub mod init;
pub mod inspect;
pub mod keys;
pub mod pack_source;
pub mod python_target;
pub mod refresh;
pub mod registry;
pub mod release;
pub mod role_keys;
pub mod runtime;
mod runtime_versions;
pub mod vendor;

pub use error::BuildError;

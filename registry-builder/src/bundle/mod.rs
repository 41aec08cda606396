//! Bundles: a closure of releases, cut out of a registry for some targets.

mod contents;
mod cut;
mod error;
mod interpreters;
mod output;

pub use cut::{BundleOptions, BundleReport, BundledPack, bundle};
pub use error::CutError;
pub use output::is_standard_output;

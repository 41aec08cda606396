//! A linted pack, held against what it is built for.

mod runtime_versions;

pub use runtime_versions::{RuntimeVersionError, require_versions};

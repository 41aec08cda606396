//! A linted pack with its vendored files, made into a release.

mod release;
mod runtime_versions;

pub use release::{
    ArchiveDescription, ArchivedPack, ReleaseError, ReleaseParts, archive, config_of, runs_node, runs_python,
    store,
};
pub use runtime_versions::{RuntimeVersionError, require_versions};

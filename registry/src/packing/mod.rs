//! A linted pack with its vendored files, made into a release.
//!
//! ```text
//! vendored_file  a file that travels with a release
//! bare           the locks of a pack that needs no package
//! release        archive, config, manifest
//! index          its entry in the index of its pack
//! ```

mod bare;
mod index;
mod release;
mod vendored_file;

pub use bare::{BareLocks, LintedPack, Needs};
pub use index::{describe, empty_index};
pub use release::{ArchiveDescription, ArchivedPack, ReleaseError, ReleaseParts, archive, config_of, store};
pub use vendored_file::VendoredFile;

//! Python vendoring: from a pack's requirements to a lock and the wheels it names.
//!
//! ```text
//! requirements  what the pack asks for (requirements.txt, meta.python_dependencies, pylock.toml)
//!   uv_tool, uv     resolved once, for every platform, by `uv pip compile --universal`
//!   pylock          the resolution as a PEP 751 lock
//!   package_source, source_build, build_failure   wheels built of what publishes none
//!   target, selection   per platform and Python: markers, tags, the best wheel, or who is to blame
//!   download, fetch, cache, partial   the wheels, checked by digest, kept by digest
//!   wheel_facts     what each wheel takes unpacked; hostile wheels are refused here
//!   wheel_contents, elf, placement   what its files need of the host, and of their neighbours
//!   judging         the two above for every wheel -> the lock's entries
//!   vendoring       the steps in order -> `VendoredPython`
//!   coverage        where the pack installs and, where not, which package is to blame
//! ```
//!
//! Nothing here reads pack.yaml or writes to a registry.

mod build_failure;
pub mod cache;
pub mod coverage;
pub mod download;
pub(crate) mod elf;
pub mod error;
mod fetch;
mod integrity;
mod judging;
pub mod node;
pub mod package_source;
mod parallel;
mod partial;
mod placement;
pub mod pylock;
mod pylock_toml;
pub mod requirements;
mod requirements_file;
pub mod selection;
mod source_build;
mod source_tree;
pub mod target;
pub mod uv;
mod uv_tool;
pub mod vendoring;
mod wheel_contents;
pub mod wheel_facts;
mod wheel_metadata;

#[cfg(test)]
mod download_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod vendoring_tests;

pub use cache::{CachedFile, DownloadCache};
pub use coverage::{Coverage, CoverageCell, CoverageMatrix};
pub use download::{DownloadProgress, DownloadRequest, DownloadSettings, FetchedFrom, NoProgress, fetch_all};
pub use error::{VendorError, VendorErrorKind};
pub(crate) use fetch::shown;
pub use node::{NodeInputs, NpmSettings, VendoredNode, vendor_node};
pub use pylock::Pylock;
pub use requirements::PythonInputs;
pub use selection::{BlockReason, Blocked};
pub use source_build::BuildProblem;
pub(crate) use target::wheel_fits;
pub use target::{Glibc, TargetKey};
pub use uv::UvSettings;
pub use vendoring::{VendorSettings, VendoredFile, VendoredPython, vendor_python};

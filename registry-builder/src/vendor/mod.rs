//! Python vendoring: from a pack's requirements to a lock and the wheels it names.
//!
//! ```text
//! requirements  what the pack asks for (requirements.txt, meta.python_dependencies, pylock.toml)
//!   uv_tool, uv     resolved once, for every platform, by `uv pip compile --universal`
//!   pylock          the resolution as a PEP 751 lock
//!   target, selection   per platform and Python: markers, tags, the best wheel, or who is to blame
//!   download, fetch, cache, partial   the wheels, checked by digest, kept by digest
//!   wheel_facts     what each wheel takes unpacked; hostile wheels are refused here
//!   vendoring       the steps in order -> `VendoredPython`
//!   coverage        where the pack installs and, where not, which package is to blame
//! ```
//!
//! Nothing here builds a wheel from source, reads pack.yaml, or writes to a registry.

pub mod cache;
pub mod coverage;
pub mod download;
pub mod error;
mod fetch;
mod partial;
pub mod pylock;
mod pylock_toml;
pub mod requirements;
mod requirements_file;
pub mod selection;
pub mod target;
pub mod uv;
mod uv_tool;
pub mod vendoring;
pub mod wheel_facts;

#[cfg(test)]
mod download_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod vendoring_tests;

pub use cache::{CachedFile, DownloadCache};
pub use coverage::{Coverage, CoverageCell, CoverageMatrix};
pub use download::{DownloadProgress, DownloadRequest, DownloadSettings, FetchedFrom, NoProgress, fetch_all};
pub use error::{VendorError, VendorErrorKind};
pub use pylock::Pylock;
pub use requirements::PythonInputs;
pub use selection::{BlockReason, Blocked};
pub use target::TargetKey;
pub use uv::UvSettings;
pub use vendoring::{VendorSettings, VendoredFile, VendoredPython, vendor_python};

//! Python vendoring: from a pack's requirements to a lock and the wheels it names.
//!
//! ```text
//! requirements  what the pack asks for (requirements.txt, meta.python_dependencies, pylock.toml)
//!   uv            resolved once, for every platform, by `uv pip compile --universal`
//!   lock          the resolution as a PEP 751 lock
//!   target        a platform with a Python: markers and tags
//!   selection     per target: the best wheel of each package, or who is to blame
//!   build         wheels built of what publishes none
//!   wheel         hostile wheels refused; what the others need of a host -> the lock's entries
//!   vendoring     the steps in order -> `VendoredPython`
//!   coverage      where the pack installs and, where not, which package is to blame
//! ```

mod build;
mod coverage;
mod error;
pub(crate) mod lock;
mod requirements;
mod requirements_file;
mod selection;
mod target;
pub(crate) mod uv;
mod vendoring;
pub(crate) mod wheel;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod vendoring_tests;

pub use coverage::{Coverage, CoverageCell, CoverageMatrix};
pub use error::PythonError;
pub use lock::BuildProblem;
pub use requirements::PythonInputs;
pub use selection::{BlockReason, Blocked};
pub(crate) use target::wheel_fits;
pub use target::{Glibc, TargetKey};
pub use uv::UvSettings;
pub use vendoring::{VendoredPython, vendor_python};

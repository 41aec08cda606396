//! Python vendoring: from a pack's requirements to a lock and the wheels it names.
//!
//! ```text
//! requirements  what the pack asks for (requirements.txt, meta.python_dependencies, pylock.toml)
//!   uv            resolved once, for every platform, by `uv pip compile --universal`
//!   lock          the resolution as a PEP 751 lock
//!   selection     per target: the best wheel of each package, or who is to blame; where the pack installs
//!   build         wheels built of what publishes none
//!   wheel         hostile wheels refused; what the others need of a host -> the lock's entries
//!   vendoring     the steps in order -> `VendoredPython`
//! ```

mod build;
mod error;
pub(crate) mod lock;
mod requirements;
mod selection;
mod tests_of_packs;
pub(crate) mod uv;
mod vendoring;
pub(crate) mod wheel;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod vendoring_tests;

pub use error::PythonError;
pub use lock::BuildProblem;
pub use requirements::{LineFault, PythonInputs};
pub use selection::{BlockReason, Blocked, Coverage, CoverageCell, CoverageMatrix, Glibc, TargetKey};
pub(crate) use selection::{python_satisfies, wheel_fits};
pub use tests_of_packs::{TestInputs, VendoredTests, vendor_tests};
pub(super) use uv::FoundUv;
pub use uv::UvSettings;
pub use vendoring::{VendoredPython, vendor_python};

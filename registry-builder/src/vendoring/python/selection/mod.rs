//! Which wheels make the environment of a target, and where a pack installs.
//!
//! ```text
//! target    a machine with a Python: markers and tags
//! patches   the patch releases of a Python that a marker holds on
//! select    per target: the best wheel of each package
//! blocked   who is to blame where there is none
//! coverage  the table of targets
//! ```

mod blocked;
mod coverage;
mod patches;
mod select;
mod target;

pub use blocked::{BlockReason, Blocked};
pub use coverage::{Coverage, CoverageCell, CoverageMatrix};
pub(super) use patches::Patches;
pub(super) use select::{Selected, Selection, patches_of_lock, select, unserved};
pub use target::{Glibc, TargetKey};
pub(super) use target::{TargetEnvironment, TargetError};
pub(crate) use target::{python_satisfies, wheel_fits};

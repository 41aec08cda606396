//! Locks: `pylock.toml` (PEP 751), read and judged.

mod build_problem;
pub(crate) mod package_source;
pub(crate) mod pylock;
mod pylock_toml;

pub use build_problem::BuildProblem;
pub(crate) use package_source::{PackageSource, SourceArchive, UnsupportedSource};
pub(crate) use pylock::{Lesson, LockedPackage, Pylock, PylockError, WheelSource};

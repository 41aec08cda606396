//! The failures between a pack's requirements and its vendored wheels.
//!
//! Rendering is the binary's work.

use std::io;
use std::path::PathBuf;

use attune_registry::release_check::WheelError;
use attune_schemas::EntryPath;
use attune_schemas::problem::ErrorCode;
use uv_pep440::VersionSpecifiersParseError;

use super::requirements::LineFault;
use super::selection::Blocked;
use super::selection::TargetError;
use crate::vendoring::python::lock::PylockError;
use attune_registry::fetch::CacheError;
use attune_registry::fetch::DownloadError;

/// Why a pack's Python dependencies could not be vendored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PythonError {
    /// No platform or Python was asked for.
    #[error("no platform and no Python version were requested")]
    NoTargets,
    /// An entry of `meta.python_dependencies` is not a PEP 508 requirement.
    #[error("python dependency `{}` of the pack is not a valid requirement: {reason}", requirement.escape_debug())]
    Requirement {
        /// The entry.
        requirement: String,
        /// The fault.
        reason: String,
    },
    /// A requirements file includes one outside the pack.
    #[error("requirements file `{file}` includes `{include}`, which is not a file of the pack")]
    Include {
        /// The including file.
        file: EntryPath,
        /// The included path as written.
        include: String,
    },
    /// A line of a requirements file cannot be read.
    #[error("line {number} of `{file}`, `{}`, cannot be read: {fault}", text.escape_debug())]
    Line {
        /// The file.
        file: EntryPath,
        /// Its number, from 1.
        number: usize,
        /// The line.
        text: String,
        /// The fault, which is its own remedy.
        fault: Box<LineFault>,
    },
    /// A requirements file is no text.
    #[error("requirements file `{file}` is not UTF-8, and has no byte order mark")]
    Encoding {
        /// The file.
        file: EntryPath,
    },
    /// The committed lock was made for other requirements.
    #[error("the lock `{path}` is stale; it does not satisfy{}", listed(differences))]
    StaleLock {
        /// The lock.
        path: EntryPath,
        /// The requirements that it does not satisfy.
        differences: Vec<String>,
    },
    /// Every package must have a hash, and some have none.
    #[error("requirements.txt has --require-hashes, but no hash for{}", listed(packages))]
    NoHash {
        /// The packages.
        packages: Vec<String>,
    },
    /// Two wheels of an environment want a file and a directory at one place.
    #[error(
        "`{first}` and `{second}` cannot be in one environment: `{path}` is a file of one and a directory of the other"
    )]
    Collision {
        /// The place, relative to the environment.
        path: String,
        /// The earlier wheel.
        first: String,
        /// The later wheel.
        second: String,
    },
    /// The pack's Python requirement is not a PEP 440 specifier.
    #[error("the pack's python requirement `{text}` is not a version specifier")]
    RequiresPython {
        /// The requirement as written.
        text: String,
        /// The fault.
        #[source]
        source: VersionSpecifiersParseError,
    },
    /// A target that no wheel tags can be made for.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The configured uv cannot be run.
    #[error("uv at `{}` cannot be run", path.display())]
    UvUnusable {
        /// The configured path.
        path: PathBuf,
        /// The output of running it.
        #[source]
        source: io::Error,
    },
    /// The configured uv answers `--version` with a failure or with too old a version.
    #[error("uv at `{}` cannot be used: it reports `{version}`, needed is {needed} or newer", path.display())]
    UvTooOld {
        /// The configured path.
        path: PathBuf,
        /// The status that it reports.
        version: String,
        /// The oldest usable version.
        needed: &'static str,
    },
    /// There is no uv, and none could be fetched.
    #[error("uv, which resolves python requirements, is not installed and could not be fetched: {reason}")]
    NoUv {
        /// Why it could not be fetched.
        reason: String,
    },
    /// The fetched uv is not the pinned one.
    #[error("the fetched uv wheel `{filename}` is not the pinned one: its digest is {actual}")]
    UvDigest {
        /// The wheel's name.
        filename: String,
        /// The digest found.
        actual: attune_schemas::Digest,
    },
    /// uv failed for another reason than the requirements.
    #[error("uv failed ({status}): {message}")]
    UvFailed {
        /// Its exit status.
        status: String,
        /// Its output.
        message: String,
    },
    /// The requirements cannot be satisfied together; uv's explanation is kept.
    #[error("the pack's python requirements cannot be satisfied\n{explanation}")]
    Unsatisfiable {
        /// uv's explanation.
        explanation: String,
    },
    /// Not one requested target can be served.
    #[error(
        "the pack's python requirements can be vendored for none of the requested targets\n{}",
        lines(blames)
    )]
    NoTargetServed {
        /// Everyone to blame, once each.
        blames: Vec<Blocked>,
    },
    /// The lock is not one to follow.
    #[error("python lock `{}` is refused", path.display())]
    Lock {
        /// The lock's path, or what it was made from.
        path: PathBuf,
        /// The fault.
        #[source]
        source: PylockError,
    },
    /// A wheel is not safe to unpack.
    #[error("wheel `{filename}` is refused")]
    Wheel {
        /// The wheel's name.
        filename: String,
        /// The fault.
        #[source]
        source: WheelError,
    },
    /// A package had to be built to learn what it requires, and something of the machine is missing.
    #[error("a package that is published as source only could not be built: {missing}\n{message}")]
    BuildMisses {
        /// The missing parts, with the packages that carry them.
        missing: String,
        /// uv's output.
        message: String,
    },
    /// A package had to be built to learn what it requires, and its own build failed.
    #[error("a package that is published as source only could not be built: {reason}\n{message}")]
    BuildFailed {
        /// Why, in one line.
        reason: String,
        /// uv's output.
        message: String,
    },
    /// The file that a build made is not a wheel of the package.
    #[error("the build of `{package}` made `{filename}`, which cannot be used: {reason}")]
    BuiltWheel {
        /// The package.
        package: String,
        /// The new registry.
        filename: String,
        /// The fault.
        reason: String,
    },
    /// What the tests of a pack need cannot be beside what it needs itself.
    #[error("the tests need `{name}` {wanted}, and the pack itself has {own} on {target}")]
    TestsDiffer {
        /// The package.
        name: String,
        /// Its version for the tests.
        wanted: String,
        /// Its version for the pack.
        own: String,
        /// The machine and Python.
        target: String,
    },
    /// A file could not be fetched.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The download cache failed.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// A disk failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

fn listed(items: &[String]) -> String {
    items.iter().fold(String::new(), |text, item| text + "\n  " + item)
}

fn lines(blames: &[Blocked]) -> String {
    let lines: Vec<String> = blames.iter().map(|blocked| format!("  {blocked}")).collect();
    lines.join("\n")
}

impl PythonError {
    /// The code of the failure.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NoTargets | Self::Target(_) => ErrorCode::NoPythonTarget,
            Self::Requirement { .. } | Self::Include { .. } | Self::Line { .. } | Self::Encoding { .. } => {
                ErrorCode::PythonRequirement
            }
            Self::RequiresPython { .. } => ErrorCode::RequiresPythonForm,
            Self::NoHash { .. } => ErrorCode::HashesMissing,
            Self::StaleLock { .. } => ErrorCode::PythonLockStale,
            Self::Lock { .. } => ErrorCode::PythonLock,
            Self::Wheel { .. } => ErrorCode::WheelUnusable,
            Self::Unsatisfiable { .. } | Self::TestsDiffer { .. } => ErrorCode::PythonUnsatisfiable,
            Self::NoTargetServed { .. } => ErrorCode::NoPythonTargetServed,
            Self::Collision { .. } => ErrorCode::PythonPackagesCollide,
            Self::BuildMisses { .. } => ErrorCode::BuildNeedsMissing,
            Self::BuildFailed { .. } => ErrorCode::BuildFailed,
            Self::BuiltWheel { .. } => ErrorCode::BuiltWheel,
            Self::UvUnusable { .. } | Self::UvTooOld { .. } | Self::NoUv { .. } => ErrorCode::UvMissing,
            Self::UvDigest { .. } => ErrorCode::UvDiffers,
            Self::UvFailed { .. } => ErrorCode::UvFailed,
            Self::Download(error) => error.code(),
            Self::Cache(error) => error.code(),
            Self::Io(_) => ErrorCode::VendoringAccess,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_follows_the_failure() {
        let unsatisfiable = PythonError::Unsatisfiable { explanation: "because".to_owned() };
        assert_eq!(unsatisfiable.code(), ErrorCode::PythonUnsatisfiable);
        assert_eq!(PythonError::NoTargets.code(), ErrorCode::NoPythonTarget);
        let no_uv = PythonError::NoUv { reason: "no pip".to_owned() };
        assert_eq!(no_uv.code(), ErrorCode::UvMissing);
    }
}

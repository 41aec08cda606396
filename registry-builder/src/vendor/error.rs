//! What can go wrong between a pack's requirements and its vendored wheels.
//!
//! [`VendorError::kind`] is what an exit code is chosen by; [`VendorError::hint`] is the remedy.
//! Rendering is the binary's work.

use std::io;
use std::path::PathBuf;

use uv_pep440::VersionSpecifiersParseError;

use super::cache::CacheError;
use super::download::DownloadError;
use super::node::NodeError;
use super::pylock::PylockError;
use super::selection::Blocked;
use super::wheel_facts::WheelError;

/// Why a pack's Python dependencies could not be vendored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VendorError {
    /// No platform or Python was asked for.
    #[error("no target platform and Python was asked for")]
    NoTargets,
    /// An entry of `meta.python_dependencies` is not a PEP 508 requirement.
    #[error("python dependency `{}` of the pack is not a valid requirement: {reason}", requirement.escape_debug())]
    Requirement {
        /// The entry.
        requirement: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A requirements file includes one outside the pack.
    #[error("requirements file `{}` includes `{include}`, which is not a file of the pack", file.display())]
    Include {
        /// The including file.
        file: PathBuf,
        /// The included path as written.
        include: String,
    },
    /// The pack's Python requirement is not a PEP 440 specifier.
    #[error("the pack's python requirement `{text}` is not a version specifier")]
    RequiresPython {
        /// The requirement as written.
        text: String,
        /// What is wrong with it.
        #[source]
        source: VersionSpecifiersParseError,
    },
    /// A target that no wheel tags can be made for.
    #[error("target `{target}` is not supported: {reason}")]
    Target {
        /// The target.
        target: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The configured uv cannot be run.
    #[error("uv at `{}` cannot be run", path.display())]
    UvUnusable {
        /// The configured path.
        path: PathBuf,
        /// What running it gave.
        #[source]
        source: io::Error,
    },
    /// The configured uv answers `--version` with a failure or with too old a version.
    #[error("uv at `{}` cannot be used: it reports `{version}`, needed is {needed} or newer", path.display())]
    UvTooOld {
        /// The configured path.
        path: PathBuf,
        /// What it reports.
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
        /// What it wrote.
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
        /// What is wrong with it.
        #[source]
        source: PylockError,
    },
    /// A wheel is not safe to unpack.
    #[error("wheel `{filename}` is refused")]
    Wheel {
        /// The wheel's name.
        filename: String,
        /// What is wrong with it.
        #[source]
        source: WheelError,
    },
    /// A package had to be built to learn what it requires, and something of the machine is missing.
    #[error("a package that is published as source only could not be built: {missing}\n{message}")]
    BuildMisses {
        /// What is missing, with the packages that carry it.
        missing: String,
        /// What uv wrote.
        message: String,
    },
    /// What a build made is not a wheel of the package.
    #[error("the build of `{package}` made `{filename}`, which cannot be used: {reason}")]
    BuiltWheel {
        /// The package.
        package: String,
        /// What was made.
        filename: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The Node.js dependencies could not be vendored.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// A file could not be fetched.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The download cache failed.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// A disk failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn lines(blames: &[Blocked]) -> String {
    let lines: Vec<String> = blames.iter().map(|blocked| format!("  {blocked}")).collect();
    lines.join("\n")
}

/// The classes of failure that exit codes are chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum VendorErrorKind {
    /// The requirements cannot be satisfied on the requested targets.
    Unresolvable,
    /// Something fetched or committed is not what it should be.
    Damaged,
    /// A disk, the network or a program failed.
    Failed,
    /// What was asked makes no sense.
    Usage,
}

impl VendorError {
    /// The class of failure.
    pub fn kind(&self) -> VendorErrorKind {
        match self {
            Self::NoTargets
            | Self::Requirement { .. }
            | Self::Include { .. }
            | Self::RequiresPython { .. }
            | Self::Target { .. } => VendorErrorKind::Usage,
            Self::Unsatisfiable { .. } | Self::NoTargetServed { .. } => VendorErrorKind::Unresolvable,
            Self::UvDigest { .. } | Self::Lock { .. } | Self::Wheel { .. } => VendorErrorKind::Damaged,
            Self::Node(error) => error.kind(),
            Self::BuildMisses { .. } => VendorErrorKind::Unresolvable,
            Self::BuiltWheel { .. } => VendorErrorKind::Damaged,
            Self::Download(error) if error.is_damage() => VendorErrorKind::Damaged,
            Self::UvUnusable { .. }
            | Self::UvTooOld { .. }
            | Self::NoUv { .. }
            | Self::UvFailed { .. }
            | Self::Download(_)
            | Self::Cache(_)
            | Self::Io(_) => VendorErrorKind::Failed,
        }
    }

    /// What to do about it, where there is something to say.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoTargets => "name at least one platform and one Python",
            Self::Requirement { .. } => "write it as `name`, `name==1.2` or `name>=1,<2` (PEP 508)",
            Self::Include { .. } => "move the included file into the pack",
            Self::RequiresPython { .. } => "write it as `>=3.9` or `>=3.9,<3.13` (PEP 440)",
            Self::Target { .. } => "ask for a Python that is released for this platform",
            Self::UvUnusable { .. } | Self::UvTooOld { .. } => "install a current uv, or leave its path out",
            Self::NoUv { .. } => {
                "install uv, or python3 with pip and a reachable package index, or commit a pylock.toml in the pack"
            }
            Self::UvDigest { .. } => {
                "the package index serves another file than the pinned one; install uv yourself"
            }
            Self::UvFailed { .. } => {
                "check the package index and the network, or commit a pylock.toml in the pack"
            }
            Self::Unsatisfiable { .. } => "loosen one of the requirements that the explanation names",
            Self::NoTargetServed { blames } if blames.iter().any(Blocked::is_failed_build) => {
                "install what the build lacks, then run it again; --verbose twice shows all that it said"
            }
            Self::NoTargetServed { .. } => {
                "ask for a platform, Python or --glibc that the packages publish wheels for, or require another version of them"
            }
            Self::Node(error) => return error.hint(),
            Self::BuildMisses { .. } => "install what is missing on this machine, then run it again",
            Self::BuiltWheel { .. } => "require another version of the package",
            Self::Lock { .. } => "make the lock again with `uv pip compile --universal --format pylock.toml`",
            Self::Wheel { .. } => "require another version of the package",
            Self::Download(error) => return error.hint(),
            Self::Cache(_) | Self::Io(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_follows_the_failure() {
        let unsatisfiable = VendorError::Unsatisfiable { explanation: "because".to_owned() };
        assert_eq!(unsatisfiable.kind(), VendorErrorKind::Unresolvable);
        assert_eq!(VendorError::NoTargets.kind(), VendorErrorKind::Usage);
        let no_uv = VendorError::NoUv { reason: "no pip".to_owned() };
        assert_eq!(no_uv.kind(), VendorErrorKind::Failed);
        assert!(no_uv.hint().is_some_and(|hint| hint.contains("pylock.toml")));
    }
}

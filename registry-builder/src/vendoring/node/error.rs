//! The failures between a pack's `package.json` and its vendored packages.

use std::io;
use std::path::PathBuf;

use attune_registry::archive::ArchiveError;
use attune_registry::confinement::ConfinementError;
use attune_schemas::problem::ErrorCode;

use attune_registry::fetch::CacheError;
use attune_registry::fetch::DownloadError;

/// Why a pack's Node.js dependencies could not be vendored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// `package.json` cannot be read.
    #[error("`{}` is not valid: {reason}", path.display())]
    Package {
        /// The file.
        path: PathBuf,
        /// The fault.
        reason: String,
    },
    /// An entry of `meta.node_dependencies` is not `name` or `name@range`.
    #[error("node dependency `{}` of the pack is not of the form name@range", dependency.escape_debug())]
    Dependency {
        /// The entry.
        dependency: String,
    },
    /// The pack's requirement of Node.js is no range.
    #[error("the pack's nodejs requirement `{}` is not an npm version range", range.escape_debug())]
    Range {
        /// The requirement as written.
        range: String,
    },
    /// The lock cannot be read.
    #[error("the npm lock is refused: {reason}")]
    Lock {
        /// The fault.
        reason: String,
    },
    /// The lock was made for another `package.json`.
    #[error("the npm lock is not that of package.json: {difference}")]
    StaleLock {
        /// The difference.
        difference: String,
    },
    /// The lock does not serve a dependency that only pack.yaml names.
    #[error("the npm lock does not serve `{name}` of meta.node_dependencies: {difference}")]
    NotLocked {
        /// The package.
        name: String,
        /// The difference.
        difference: String,
    },
    /// The project has workspaces.
    #[error("package.json has workspaces, which packs cannot have")]
    Workspaces,
    /// A package is a link to a directory outside of the pack.
    #[error("`{place}` of the npm lock links to `{target}`, which is not a directory of the pack")]
    Link {
        /// The link's place.
        place: String,
        /// Where it leads.
        target: String,
    },
    /// A place is not one in `node_modules`.
    #[error("the npm lock has a package at `{}`, which is not a path in node_modules", place.escape_debug())]
    Place {
        /// The place.
        place: String,
    },
    /// npm is needed and cannot be run.
    #[error("npm, which {purpose}, cannot be run as `{}`", program.display())]
    NoNpm {
        /// Its purpose.
        purpose: &'static str,
        /// The program.
        program: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// npm failed.
    #[error("npm failed: {message}")]
    NpmFailed {
        /// Its output.
        message: String,
    },
    /// Not one requested machine can be served.
    #[error("the pack's npm packages can be vendored for none of the requested machines{}", lines(blames))]
    NoTargetServed {
        /// Everyone to blame, once each.
        blames: Vec<String>,
    },
    /// A tarball is not safe to unpack.
    #[error("npm package `{name}` is refused")]
    Tarball {
        /// The package.
        name: String,
        /// The fault.
        #[source]
        source: ArchiveError,
    },
    /// A tarball is of another package, or has no usable `package.json`.
    #[error("npm package `{name}` is refused: {reason}")]
    Identity {
        /// The package.
        name: String,
        /// The fault.
        reason: String,
    },
    /// A package from a repository or directory lacks its own entry point.
    #[error("npm package `{name}` is refused: its entry point `{path}` is not among the files that it packs")]
    Unbuilt {
        /// The package.
        name: String,
        /// The file.
        path: String,
        /// Whether it has a script that would make it, and was not run.
        has_script: bool,
    },
    /// A program of a package is not in the package.
    #[error("npm package `{name}` is refused: its program `{bin}` is `{target}`, which is outside of it")]
    BinOutside {
        /// The package.
        name: String,
        /// The program's name.
        bin: String,
        /// Where it is to be.
        target: String,
    },
    /// An install script that was allowed failed.
    #[error("the install script of npm package `{name}` failed: {reason}")]
    Script {
        /// The package.
        name: String,
        /// Why.
        reason: String,
    },
    /// An install script cannot be confined.
    #[error("the install script of npm package `{name}` was not run")]
    Confinement {
        /// The package.
        name: String,
        /// Why.
        #[source]
        source: ConfinementError,
    },
    /// A package whose install script was allowed is not among those of the pack.
    #[error("an install script was allowed for `{name}`, {reason}")]
    NothingToAllow {
        /// The package.
        name: String,
        /// The fault.
        reason: &'static str,
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

fn lines(blames: &[String]) -> String {
    blames.iter().fold(String::new(), |text, blame| text + "\n  " + blame)
}

/// The end of a blame for a package without a checksum.
pub(super) const NO_INTEGRITY: &str =
    "has no integrity in the lock, so nothing tells whether its bytes are right";

impl NodeError {
    /// The reason why nothing is to be allowed of a package that is nowhere.
    pub const NOT_INSTALLED: &'static str = "which is not among the packages that are installed";

    /// Whether one of `blames` is for a package without a checksum.
    pub fn blames_integrity(blames: &[String]) -> bool {
        blames.iter().any(|blame| blame.ends_with(NO_INTEGRITY))
    }

    /// The code of the failure.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Package { .. } | Self::Workspaces => ErrorCode::PackageJson,
            Self::Dependency { .. } | Self::Range { .. } => ErrorCode::NodeRequirement,
            Self::Lock { .. } | Self::Link { .. } | Self::Place { .. } => ErrorCode::NpmLock,
            Self::StaleLock { .. } | Self::NotLocked { .. } => ErrorCode::NpmLockStale,
            Self::NoTargetServed { .. } => ErrorCode::NoNodeTargetServed,
            Self::Tarball { .. } | Self::Identity { .. } | Self::BinOutside { .. } => {
                ErrorCode::NpmPackageRefused
            }
            Self::Unbuilt { .. } => ErrorCode::NpmPackageUnbuilt,
            Self::Script { .. } => ErrorCode::InstallScriptFailed,
            Self::Confinement { .. } => ErrorCode::InstallScriptNotConfined,
            Self::NothingToAllow { .. } => ErrorCode::NoInstallScript,
            Self::NoNpm { .. } => ErrorCode::NpmMissing,
            Self::NpmFailed { .. } => ErrorCode::NpmFailed,
            Self::Download(error) => error.code(),
            Self::Cache(error) => error.code(),
            Self::Io(_) => ErrorCode::VendoringAccess,
        }
    }
}

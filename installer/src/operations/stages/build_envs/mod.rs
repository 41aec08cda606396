//! The environments of packs: those of installed packs are checked, and built again where they are damaged; of other
//! packs it is told which they need.
//!
//! ```text
//! installed   the environments of an installed pack
//! pending     those that a pack in a directory will get
//! report      the document
//! ```
//!
//! An environment is built from packages of the store, which a signed release brought there. Nothing is fetched from
//! an index of packages: a pack that is not installed gets its environments when it is.

mod installed;
mod pending;
mod report;

use std::path::{Path, PathBuf};
use std::time::Instant;

use attune_host::environment::EnvironmentKind;
use attune_host::generation::Generation;
use attune_host::inventory::{InventoryError, installed as active_generation};
use attune_host::process::Interrupted;
use attune_host::root::HostRoot;
use attune_host::transaction::AccessError;
use attune_host::verification::VerificationError;
use attune_registry::report::{NewTask, Reporter};
use attune_registry::trust::Verdict;
use attune_schemas::PackRef;
use attune_schemas::problem::ErrorCode;

pub use report::{BuildEnvsReport, BuiltEnvironments};

use crate::failure::Failed;
use crate::operations::{RebuildError, RebuildOptions};

/// Why the environments of packs could not be looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentsError {
    /// A pack is not installed, or nothing is.
    #[error(transparent)]
    Installed(#[from] InventoryError),
    /// What is installed cannot be verified.
    #[error(transparent)]
    Verification(#[from] VerificationError),
    /// The root cannot be changed now.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// Somebody asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Failed for EnvironmentsError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Installed(error) => error.code(),
            Self::Verification(error) => error.code(),
            Self::Rebuild(error) => error.code(),
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Rebuild(error) => error.verdict(),
            _ => None,
        }
    }
}

/// A pack, as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedPack {
    /// An installed pack.
    Installed(PackRef),
    /// A pack's directory; one of the root's own is that of an installed pack.
    Directory(PathBuf),
}

/// The packs, and the environments that count.
#[derive(Debug, Clone)]
pub struct BuildEnvsOptions {
    /// The packs.
    pub packs: Vec<NamedPack>,
    /// The kinds of environments that are left alone.
    pub skipped: Vec<EnvironmentKind>,
    /// The version of Python that is told, such as `3.11`.
    pub python_version: Option<String>,
    /// The version of Node.js that is told, such as `20`.
    pub nodejs_version: Option<String>,
    /// Whether environments are built again that are whole.
    pub force: bool,
    /// How environments are built again.
    pub build: RebuildOptions,
}

/// Checks the environments of the packs of `options`, and builds again those that are damaged.
///
/// # Errors
/// A pack that was named is not installed, or the root cannot be read or changed now. What is wrong with one
/// environment is in the report.
pub fn build_envs(
    root: &HostRoot,
    options: &BuildEnvsOptions,
    reporter: &dyn Reporter,
) -> Result<BuildEnvsReport, EnvironmentsError> {
    let started = Instant::now();
    recover(root, &options.build, reporter)?;
    let packs: Vec<NamedPack> = options.packs.iter().map(|pack| resolved(pack, root)).collect();
    require_installed(root, &packs)?;
    let mut report = BuildEnvsReport { dry_run: options.build.change.dry_run, ..BuildEnvsReport::default() };
    for (index, pack) in packs.iter().enumerate() {
        options.build.change.interrupt.check()?;
        let name = match pack {
            NamedPack::Installed(pack) => format!("checking the environments of {pack}"),
            NamedPack::Directory(path) => format!("reading {}", path.display()),
        };
        let shown = reporter.task(NewTask::new(&name).at(index, packs.len()));
        match pack {
            NamedPack::Installed(pack) => installed::ensure(root, pack, options, &mut report, reporter)?,
            NamedPack::Directory(path) => pending::tell(path, options, &mut report),
        }
        drop(shown);
    }
    report.summarize(packs.len(), started.elapsed());
    Ok(report)
}

/// Completes or undoes what a change left that was cut off: where the environments are whole, nothing else does. Whoever
/// may not is told of the environments all the same.
fn recover(
    root: &HostRoot,
    build: &RebuildOptions,
    reporter: &dyn Reporter,
) -> Result<(), EnvironmentsError> {
    // SQLite leaves its log where a program was killed.
    let log = root.database().with_extension("db-wal");
    let is_unfinished = root.is_changing().unwrap_or(false) || fs_err::symlink_metadata(log).is_ok();
    if !is_unfinished || root.holder().is_some() {
        return Ok(());
    }
    match build.change.hold(root, reporter) {
        Err(AccessError::Interrupted(interrupted)) => Err(interrupted.into()),
        Err(error) => {
            tracing::debug!(%error, "what an earlier change left stays");
            Ok(())
        }
        Ok(held) => {
            if let Some(mut held) = held {
                held.keep();
            }
            Ok(())
        }
    }
}

/// The installed pack that a directory of the root is of.
fn resolved(pack: &NamedPack, root: &HostRoot) -> NamedPack {
    let of_root = |path: &Path| -> Option<PackRef> {
        let path = std::path::absolute(path).ok()?;
        let packs = [root.path().join("packs"), root.current().join("packs")];
        let parent = path.parent().filter(|parent| packs.iter().any(|packs| packs == parent));
        parent.and_then(|_| path.file_name()?.to_str()?.parse().ok())
    };
    match pack {
        NamedPack::Directory(path) => of_root(path).map_or_else(|| pack.clone(), NamedPack::Installed),
        NamedPack::Installed(_) => pack.clone(),
    }
}

fn require_installed(root: &HostRoot, packs: &[NamedPack]) -> Result<(), InventoryError> {
    let mut active: Option<Generation> = None;
    for pack in packs {
        if let NamedPack::Installed(pack) = pack {
            let generation = match active.take() {
                Some(generation) => generation,
                None => active_generation(root)?,
            };
            generation.installed_pack(pack)?;
            active = Some(generation);
        }
    }
    Ok(())
}

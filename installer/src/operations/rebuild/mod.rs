//! Builds environments again, from what the store has.
//!
//! One with the same digest is exchanged in place. One for another interpreter, or one that steps build and that
//! knows its place, has another digest, and so comes with a generation of its own, as everything that is installed
//! does.

mod commit;
mod damage;
mod refetch;
mod tasks;

use std::collections::BTreeSet;
use std::path::PathBuf;

use attune_host::database::DatabaseError;
use attune_host::environment::EnvironmentDescription;
use attune_host::generation::Generation;
use attune_host::inventory::InventoryError;
use attune_host::machine::{InterpreterError, InterpreterSearch};
use attune_host::process::{CallerEnvironment, Interrupted};
use attune_host::root::{HostRoot, RootError, StoreKind};
use attune_host::transaction::{AccessError, Staging};
use attune_host::verification::{StoredTrees, VerificationError};
use attune_host::{ChangeError, Prepared};
use attune_registry::report::{NewTask, Reporter};
use attune_registry::source::SourceError;
use attune_registry::trust::{TrustError, Verdict};
use attune_schemas::PackRef;
use attune_schemas::problem::ErrorCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::ChangeOptions;
use crate::environments::{BuildError, build};
use crate::environments::{BuildRecipes, RecipeError};
use crate::failure::Failed;
use crate::plan::{ChooseError, PlanError};
use crate::source::SourceLocation;
use crate::source::VerifyError;
use crate::unpack::UnpackError;
use commit::commit;
pub(super) use commit::rebuilt;
pub(super) use damage::DamagedEnvironments;
use damage::{DamagedPackage, damaged_packages};
use refetch::{PackageSource, refetch};
pub(super) use tasks::{Task, tasks, tasks_described};

/// Why environments could not be built again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The root cannot be changed now.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// No such environment is installed.
    #[error(transparent)]
    Environments(#[from] InventoryError),
    /// The result of a verification could not be recorded.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// What is installed cannot be verified.
    #[error(transparent)]
    Verification(#[from] VerificationError),
    /// No interpreter of this host will do.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The source of packages cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The source of packages is not trusted.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The source does not hold what it lists.
    #[error(transparent)]
    Choose(#[from] ChooseError),
    /// A package could not be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// An environment could not be linked.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// An environment could not be built by its steps, or nothing says how.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The packages of an environment are damaged in the store.
    #[error("packages of pack `{pack}` are damaged in the store: {}", packages.join(", "))]
    DamagedStore {
        /// The pack.
        pack: PackRef,
        /// The packages.
        packages: Vec<String>,
    },
    /// The change of the host failed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The trust state could not be kept.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Failed for RebuildError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Environments(error) => error.code(),
            Self::Verification(error) => error.code(),
            Self::Database(error) => error.code(),
            Self::Plan(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Choose(error) => error.code(),
            Self::Unpack(error) => error.code(),
            Self::Build(error) => error.code(),
            Self::Recipe(error) => error.code(),
            Self::DamagedStore { .. } => ErrorCode::StoreDamaged,
            Self::Change(error) => error.code(),
            Self::Trust(error) => Failed::code(error),
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Verify(error) => error.verdict(),
            Self::Choose(error) => error.verdict(),
            Self::Trust(error) => error.verdict(),
            _ => None,
        }
    }
}

impl From<InterpreterError> for RebuildError {
    fn from(error: InterpreterError) -> Self {
        PlanError::from(error).into()
    }
}

/// Which environments to build again, and how.
#[derive(Debug, Clone)]
pub struct RebuildOptions {
    /// Only those of this pack.
    pub pack: Option<PackRef>,
    /// Only those at these paths.
    pub only: Option<Vec<PathBuf>>,
    /// Where packages are fetched from that the store has no longer whole, and that the host did not sign itself.
    pub from: Option<SourceLocation>,
    /// Where to look for interpreters.
    pub search: InterpreterSearch,
    /// The caller's environment.
    pub caller: CallerEnvironment,
    /// The options of every change.
    pub change: ChangeOptions,
}

/// An environment that was built again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RebuiltEnvironment {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// The name of its directory.
    pub runtime: String,
    /// The interpreter that it is for now.
    pub interpreter: PathBuf,
    /// Whether that is another than before.
    pub moved: bool,
}

/// Builds environments of the active generation again.
pub fn rebuild_environments(
    root: &HostRoot,
    options: &RebuildOptions,
    reporter: &dyn Reporter,
) -> Result<Vec<RebuiltEnvironment>, RebuildError> {
    let io = |source| root.failed(source);
    let held = options.change.hold(root, reporter)?;
    let active = Generation::active(root).map_err(io)?;
    let tasks = tasks(root, &active, options.only.as_deref(), options)?;
    let Some(mut held) = held else { return Ok(rebuilt(&tasks)) };
    if tasks.is_empty() {
        held.keep();
        return Ok(Vec::new());
    }
    let stored = StoredTrees::new(root, &active).reading_all();
    let damaged = tasks.iter().map(|task| (task, damaged_packages(&stored, &task.environment)));
    let damaged: Vec<(&Task, BTreeSet<DamagedPackage>)> = damaged.collect();
    let is_any_damaged = damaged.iter().any(|(_, packages)| !packages.is_empty());
    let own = if is_any_damaged { PackageSource::own(root, &active, options)? } else { None };
    let (mut of_own, mut of_others) = (BTreeSet::new(), BTreeSet::new());
    for (task, packages) in damaged {
        let (signed_here, others): (BTreeSet<_>, BTreeSet<_>) =
            packages.into_iter().partition(|package| own.as_ref().is_some_and(|own| own.has(package)));
        if options.from.is_none() && !others.is_empty() {
            let packages = others.into_iter().map(|package| package.name).collect();
            return Err(RebuildError::DamagedStore { pack: task.pack.clone(), packages });
        }
        of_own.extend(signed_here);
        of_others.extend(others);
    }
    let mut prepared = Prepared::begin(root, held.take_created(), options.change.durability)?;
    let staging = &mut prepared.trees;
    for (kind, digest, list) in stored.whole() {
        staging.take_over(kind, digest, list);
    }
    staging.create_part(StoreKind::Envs).map_err(io)?;
    let environments: Vec<&EnvironmentDescription> = tasks.iter().map(|task| &task.environment).collect();
    if let Some(own) = own.filter(|_| !of_own.is_empty()) {
        refetch(root, own, &environments, &of_own, (&mut *staging, options, reporter))?;
    }
    if let Some(from) = options.from.as_ref().filter(|_| !of_others.is_empty()) {
        let from = PackageSource::at(from, root, options)?;
        refetch(root, from, &environments, &of_others, (&mut *staging, options, reporter))?;
    }
    let mut built = BTreeSet::new();
    for (index, task) in tasks.iter().enumerate() {
        if !built.insert(task.environment.digest()) {
            continue;
        }
        let name = format!("building {} for {}", task.runtime, task.pack);
        let shown = reporter.task(NewTask::new(&name).at(index, tasks.len()));
        build_task(task, root, staging, options)?;
        drop(shown);
        options.change.interrupt.check()?;
    }
    commit(root, &active, &tasks, prepared, options)
}

/// Builds one environment and puts it into the store; one that is there is exchanged whole.
pub(super) fn build_task(
    task: &Task,
    root: &HostRoot,
    staging: &mut Staging,
    options: &RebuildOptions,
) -> Result<(), RebuildError> {
    let io = |source| root.failed(source);
    let digest = task.environment.digest();
    let place = root.store(StoreKind::Envs, &digest);
    if let EnvironmentDescription::Recipe(recipe) = &task.environment {
        let building = BuildRecipes {
            root,
            staging,
            search: &options.search,
            caller: &options.caller,
            interrupt: &options.change.interrupt,
        };
        return Ok(building.build(recipe)?);
    }
    build(&task.environment, root, staging)?;
    if task.environment.owner().is_some() {
        staging.leave_open(digest);
    }
    // The active generation may have lost it; then it belongs there, and is never undone.
    if digest == task.old || place.is_dir() {
        Ok(staging.put_back(StoreKind::Envs, &digest).map_err(io)?)
    } else {
        Ok(staging.promote([(StoreKind::Envs, digest)]).map_err(io)?)
    }
}

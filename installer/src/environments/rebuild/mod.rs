//! Builds environments again, from what the store has: where files were damaged, and where the host's
//! interpreter was upgraded.
//!
//! One with the same digest is exchanged in place. One for another interpreter has another digest, and so
//! comes with a generation of its own, as everything that is installed does.

mod record;
mod tasks;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::blob::Durability;
use attune_registry::report::Reporter;
use attune_schemas::PackRef;
use jiff::Timestamp;
use serde::Serialize;

use super::build::build;
use super::recipes::BuildRecipes;
use super::refetch::refetch;
use super::verify::{damaged_packages, verify_environments};
use crate::error::InstallError;
use crate::generation::Generation;
use crate::host::{HostRoot, InstallLock, StoreKind, TreeGuard, remove_tree};
use crate::interrupt::Interrupt;
use crate::open::SourceLocation;
use crate::plan::PlannedEnvironment;
use crate::python::InterpreterSearch;
use crate::recover::recover;
use crate::unpack::Staging;
use record::record;
use tasks::{Task, tasks};

/// Which environments to build again, and how.
#[derive(Debug, Clone)]
pub struct RebuildOptions {
    /// Only those of this pack.
    pub pack: Option<PackRef>,
    /// Only those that are damaged or outdated.
    pub only_damaged: bool,
    /// Where packages are fetched from that the store has no longer whole.
    pub from: Option<SourceLocation>,
    /// Where to look for interpreters.
    pub search: InterpreterSearch,
    /// Whether everything is on disk before it counts.
    pub durability: Durability,
    /// Tells when to stop.
    pub interrupt: Interrupt,
    /// The time.
    pub now: Timestamp,
}

/// What was built again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
) -> Result<Vec<RebuiltEnvironment>, InstallError> {
    let io = |source| InstallError::Root { root: root.path().to_owned(), source };
    // Before the lock, which recording what was found takes as well.
    let damaged = if options.only_damaged {
        let verified = verify_environments(root, options.pack.as_ref(), options.now)?;
        let damaged = verified.into_iter().filter(|verified| !verified.is_whole());
        Some(damaged.map(|verified| verified.environment.path).collect::<Vec<_>>())
    } else {
        None
    };
    let mut guard = TreeGuard::default();
    let _lock = InstallLock::acquire(root, &mut guard)?;
    let guard = guard;
    recover(root)?;
    let active = Generation::active(root).map_err(io)?;
    let tasks = tasks(root, &active, damaged.as_deref(), options)?;
    if tasks.is_empty() {
        guard.keep();
        return Ok(Vec::new());
    }
    let mut damaged = BTreeSet::new();
    for task in &tasks {
        let of_task = damaged_packages(root, &task.environment).map_err(io)?;
        if options.from.is_none() && !of_task.is_empty() {
            let packages = of_task.into_iter().map(|package| package.name).collect();
            return Err(InstallError::DamagedStore { pack: task.pack.clone(), packages });
        }
        damaged.extend(of_task);
    }
    let id = root.next_generation().map_err(io)?;
    let mut staging = Staging::create(root, id, options.durability, guard).map_err(io)?;
    staging.create_part(StoreKind::Envs).map_err(io)?;
    if let Some(from) = options.from.as_ref().filter(|_| !damaged.is_empty()) {
        let environments: Vec<&PlannedEnvironment> = tasks.iter().map(|task| &task.environment).collect();
        refetch(root, from, &environments, &damaged, (&staging, options, reporter))?;
    }
    let mut built = BTreeSet::new();
    for task in &tasks {
        if !built.insert(task.environment.digest()) {
            continue;
        }
        reporter.started(&format!("building {} for {}", task.runtime, task.pack), None);
        let outcome = build_task(task, root, &mut staging, options);
        reporter.finished();
        outcome?;
        options.interrupt.check()?;
    }
    let rebuilt = record(root, &active, id, &tasks, staging, options)?;
    Ok(rebuilt)
}

/// Builds one environment and puts it into the store; one that is there is exchanged whole.
fn build_task(
    task: &Task,
    root: &HostRoot,
    staging: &mut Staging,
    options: &RebuildOptions,
) -> Result<(), InstallError> {
    let io = |source| InstallError::Root { root: root.path().to_owned(), source };
    let digest = task.environment.digest();
    let place = root.store(StoreKind::Envs, &digest);
    if let PlannedEnvironment::Recipe(recipe) = &task.environment {
        let building = BuildRecipes { root, staging, search: &options.search, interrupt: &options.interrupt };
        return building.exchange(recipe);
    }
    let staged = staging.tree(StoreKind::Envs, &digest);
    build(&task.environment, root, &staged)?;
    if place.is_dir() {
        exchange(&staged, &place).map_err(io)?;
        return Ok(());
    }
    // The active generation may have lost it; then it belongs there, and is never undone.
    if digest == task.old {
        fs_err::rename(&staged, &place).map_err(io)
    } else {
        staging.promote(StoreKind::Envs, [digest]).map_err(io)
    }
}

/// Exchanges two trees; in one step, where the file system can.
pub(super) fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            let aside = new.with_extension("aside");
            fs_err::rename(old, &aside)?;
            fs_err::rename(new, old)?;
            remove_tree(&aside)
        }
        Err(error) => Err(error.into()),
    }
}

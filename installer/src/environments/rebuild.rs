//! Builds environments again, from what the store has: where files were damaged, and where the host's
//! interpreter was upgraded.
//!
//! One with the same digest is exchanged in place. One for another interpreter has another digest, and so
//! comes with a generation of its own, as everything that is installed does.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::blob::Durability;
use attune_registry::report::Reporter;
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;
use serde::Serialize;

use super::build::build;
use super::recipes::BuildRecipes;
use super::refetch::refetch;
use super::verify::{damaged_packages, verify_environments};
use crate::activate::{sync_root, write_generation};
use crate::error::InstallError;
use crate::generation::{FileStamp, Generation, InstalledEnvironment};
use crate::host::{HostRoot, InstallLock, StoreKind, TreeGuard, remove_tree};
use crate::interrupt::Interrupt;
use crate::nodejs::{NodeInterpreter, NodeInterpreters};
use crate::open::SourceLocation;
use crate::plan::{PlanError, PlannedEnvironment};
use crate::python::{Interpreter, InterpreterSearch, Interpreters};
use crate::recover::{complete, recover};
use crate::register::{Database, environment_metadata};
use crate::unpack::Staging;

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

/// One environment to build again.
struct Task {
    pack: PackRef,
    runtime: String,
    old: Digest,
    environment: PlannedEnvironment,
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

/// What is to be built, each for the interpreter that the host has now.
fn tasks(
    root: &HostRoot,
    active: &Generation,
    damaged: Option<&[PathBuf]>,
    options: &RebuildOptions,
) -> Result<Vec<Task>, InstallError> {
    let io = |source| InstallError::Root { root: root.path().to_owned(), source };
    let mut tasks = Vec::new();
    let (mut pythons, mut nodes) = (
        Interpreters::new(options.search.clone(), active.unchanged_interpreters()),
        NodeInterpreters::new(options.search.clone(), active.unchanged_nodes()),
    );
    for (pack, installed) in &active.packs {
        if options.pack.as_ref().is_some_and(|wanted| wanted != pack) {
            continue;
        }
        for (runtime, environment) in &installed.environments {
            let path = root.environment(pack, runtime);
            if damaged.is_some_and(|damaged| !damaged.contains(&path)) {
                continue;
            }
            let description = Generation::description(&root.generation(active.id), &environment.digest);
            let unknown = || InstallError::NoDescription { pack: pack.clone(), runtime: runtime.clone() };
            let text = match fs_err::read(&description) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(unknown()),
                text => text.map_err(io)?,
            };
            let described: PlannedEnvironment = serde_json::from_slice(&text).map_err(|_| unknown())?;
            let environment_now = if environment.is_current() {
                described
            } else {
                for_current_interpreter(pack, described, &mut pythons, &mut nodes, options)?
            };
            tasks.push(Task {
                pack: pack.clone(),
                runtime: runtime.clone(),
                old: environment.digest,
                environment: environment_now,
            });
        }
    }
    if let Some(pack) = &options.pack
        && !active.packs.contains_key(pack)
    {
        return Err(InstallError::NoEnvironment { pack: pack.clone(), runtime: "any runtime".to_owned() });
    }
    Ok(tasks)
}

/// The environment for an interpreter that the host has now, which takes the same packages.
fn for_current_interpreter(
    pack: &PackRef,
    environment: PlannedEnvironment,
    pythons: &mut Interpreters,
    nodes: &mut NodeInterpreters,
    options: &RebuildOptions,
) -> Result<PlannedEnvironment, InstallError> {
    let gone = |needed: String, found: Vec<String>| {
        let found = if found.is_empty() { "none on this host".to_owned() } else { found.join(", ") };
        PlanError::NoInterpreter { pack: pack.clone(), needed, found }
    };
    match environment {
        PlannedEnvironment::Python(python) => {
            let old = python.interpreter.clone();
            let found = pythons.find(|new| new.minor() == old.minor() && new.platform() == old.platform())?;
            let minor = old.minor().map(|minor| minor.to_string()).unwrap_or_default();
            let found = found.ok_or_else(|| {
                gone(format!("Python {minor}"), pythons.found().iter().map(Interpreter::describe).collect())
            })?;
            Ok(PlannedEnvironment::Python(python.on(found)))
        }
        PlannedEnvironment::Node(node) => {
            let old = node.interpreter.clone();
            let found = nodes.find(|new| new.platform() == old.platform() && new.abi == old.abi)?;
            let found = found.ok_or_else(|| {
                gone(
                    format!("Node.js with the ABI {}", old.abi),
                    nodes.found().iter().map(NodeInterpreter::describe).collect(),
                )
            })?;
            Ok(PlannedEnvironment::Node(node.on(found)))
        }
        PlannedEnvironment::Recipe(mut recipe) => {
            let name =
                recipe.interpreter.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let found = options.search.programs(&[&name]).into_iter().next();
            recipe.interpreter = found.ok_or_else(|| gone(format!("`{name}`"), Vec::new()))?;
            Ok(PlannedEnvironment::Recipe(recipe))
        }
    }
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

/// Writes down what was built: in the database, and in a new generation where a digest is another.
fn record(
    root: &HostRoot,
    active: &Generation,
    id: u64,
    tasks: &[Task],
    mut staging: Staging,
    options: &RebuildOptions,
) -> Result<Vec<RebuiltEnvironment>, InstallError> {
    let io = |source| InstallError::Root { root: root.path().to_owned(), source };
    let mut generation = active.clone();
    for task in tasks {
        let installed = task.environment.installed(root);
        generation.set_environment(&task.pack, &task.runtime, installed, &task.environment);
    }
    let is_new = tasks.iter().any(|task| task.environment.digest() != task.old);
    let paths: Vec<(PathBuf, String)> = tasks
        .iter()
        .map(|task| {
            let metadata = environment_metadata(&task.environment).to_string();
            (root.environment(&task.pack, &task.runtime), metadata)
        })
        .collect();
    let rows: Vec<(&Path, String)> =
        paths.iter().map(|(path, metadata)| (path.as_path(), metadata.clone())).collect();
    let mut database = Database::open(root, options.durability, staging.guard())?;
    if is_new {
        generation.id = id;
        generation.created_at = options.now;
        let descriptions: Vec<&PlannedEnvironment> = tasks.iter().map(|task| &task.environment).collect();
        write_generation(root, &generation, &descriptions, active.id).map_err(io)?;
        if options.durability == Durability::Synced {
            sync_root(root).map_err(io)?;
        }
        database.record_rebuilt(&rows, Some((id, active.id)), options.now)?;
        staging.commit();
        complete(root, staging.directory(), id, options.durability)?;
    } else {
        // Interpreters with the same version that were touched are known from now on.
        generation.save(&root.generation(active.id), options.durability).map_err(io)?;
        if options.durability == Durability::Synced {
            sync_root(root).map_err(io)?;
        }
        database.record_rebuilt(&rows, None, options.now)?;
        staging.commit();
    }
    staging.finish();
    let rebuilt = tasks.iter().map(|task| RebuiltEnvironment {
        pack: task.pack.clone(),
        runtime: task.runtime.clone(),
        interpreter: task.environment.interpreter().to_owned(),
        moved: task.environment.digest() != task.old,
    });
    Ok(rebuilt.collect())
}

impl Generation {
    /// Replaces one environment, with what is known of its interpreter.
    fn set_environment(
        &mut self,
        pack: &PackRef,
        runtime: &str,
        installed: InstalledEnvironment,
        planned: &PlannedEnvironment,
    ) {
        match planned {
            PlannedEnvironment::Python(python) => {
                self.interpreters.retain(|known| known.executable != python.interpreter.executable);
                self.interpreters.push(python.interpreter.clone());
            }
            PlannedEnvironment::Node(node) => {
                self.nodes.retain(|known| known.executable != node.interpreter.executable);
                self.nodes.push(node.interpreter.clone());
            }
            PlannedEnvironment::Recipe(_) => {}
        }
        let installed = InstalledEnvironment { stamp: FileStamp::of(planned.interpreter()), ..installed };
        if let Some(pack) = self.packs.get_mut(pack) {
            pack.environments.insert(runtime.to_owned(), installed);
        }
    }
}

//! Writes down what was built again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_host::database::{Database, environment_metadata};
use attune_host::environment::EnvironmentDescription;
use attune_host::generation::Generation;
use attune_host::generation::{sync_root, write_generation};
use attune_host::root::HostRoot;
use attune_host::transaction::Staging;
use attune_host::transaction::complete;
use attune_registry::blob::Durability;

use super::tasks::Task;
use super::{RebuildError, RebuildOptions, RebuiltEnvironment};

/// In the database, and in a new generation where a digest is another.
pub(super) fn record(
    root: &HostRoot,
    active: &Generation,
    id: u64,
    tasks: &[Task],
    mut staging: Staging,
    options: &RebuildOptions,
) -> Result<Vec<RebuiltEnvironment>, RebuildError> {
    let io = |source| root.failed(source);
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
            (root.environment(&task.pack, task.runtime.as_str()), metadata)
        })
        .collect();
    let rows: Vec<(&Path, String)> =
        paths.iter().map(|(path, metadata)| (path.as_path(), metadata.clone())).collect();
    let mut database = Database::open(root, options.durability, staging.guard())?;
    if is_new {
        generation.id = id;
        generation.created_at = options.now;
        let descriptions: Vec<&EnvironmentDescription> = tasks.iter().map(|task| &task.environment).collect();
        write_generation(root, &generation, &descriptions, &BTreeMap::new(), active.id).map_err(io)?;
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
        runtime: task.runtime.to_string(),
        interpreter: task.environment.interpreter().to_owned(),
        moved: task.environment.digest() != task.old,
    });
    Ok(rebuilt.collect())
}

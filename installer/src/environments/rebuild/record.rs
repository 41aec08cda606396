//! Writes down what was built again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_registry::blob::Durability;
use attune_schemas::PackRef;

use super::tasks::Task;
use super::{RebuildError, RebuildOptions, RebuiltEnvironment};
use crate::activate::{sync_root, write_generation};
use crate::generation::{FileStamp, Generation, InstalledEnvironment};
use crate::host::HostRoot;
use crate::plan::PlannedEnvironment;
use crate::recover::complete;
use crate::register::{Database, environment_metadata};
use crate::unpack::Staging;

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

//! The change that follows when environments were built again: their rows, and a new generation if a digest is
//! another.

use std::collections::BTreeMap;

use attune_host::database::{EnvironmentUpdate, environment_metadata};
use attune_host::environment::EnvironmentDescription;
use attune_host::generation::Generation;
use attune_host::root::HostRoot;
use attune_host::{Change, Prepared, Rows};

use super::tasks::Task;
use super::{RebuildError, RebuildOptions, RebuiltEnvironment};

/// Commits what `tasks` built, in a generation of its own where an environment has another digest now.
pub(super) fn commit(
    root: &HostRoot,
    active: &Generation,
    tasks: &[Task],
    prepared: Prepared<'_>,
    options: &RebuildOptions,
) -> Result<Vec<RebuiltEnvironment>, RebuildError> {
    let mut generation = active.clone();
    for task in tasks {
        let installed = task.environment.installed(root);
        // An interpreter of the same version that was touched is known from now on.
        generation.set_environment(&task.pack, &task.runtime, installed, &task.environment);
    }
    if tasks.iter().any(|task| task.environment.digest() != task.old) {
        generation.id = prepared.id();
        generation.created_at = options.change.now;
    }
    let updates = tasks.iter().map(|task| EnvironmentUpdate {
        path: task.runtime.path(root, &task.pack),
        metadata: environment_metadata(&task.environment),
    });
    let change = Change {
        from: active,
        to: &generation,
        descriptions: &tasks.iter().map(|task| &task.environment).collect::<Vec<&EnvironmentDescription>>(),
        releases: &BTreeMap::new(),
        files_of: active,
        rows: Rows::Environments(&updates.collect::<Vec<_>>()),
        operation: &options.change.operation,
        prepared,
        now: options.change.now,
    };
    change.commit(&mut |_| options.change.interrupt.check())?;
    Ok(rebuilt(tasks))
}

/// The environments of `tasks`, as they are reported.
pub(in crate::operations) fn rebuilt(tasks: &[Task]) -> Vec<RebuiltEnvironment> {
    let rebuilt = tasks.iter().map(|task| RebuiltEnvironment {
        pack: task.pack.clone(),
        runtime: task.runtime.to_string(),
        interpreter: task.environment.interpreter().to_owned(),
        moved: task.is_moved,
    });
    rebuilt.collect()
}

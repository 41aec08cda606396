//! Builds what a plan needs and the store lacks, several environments at a time.

use std::io;
use std::sync::{Mutex, OnceLock};

use attune_host::environment::EnvironmentDescription;
use attune_host::root::{HostRoot, StoreKind, seal_below};
use attune_host::transaction::Staging;
use attune_registry::workers::{processors_for, share_work};
use attune_schemas::Digest;

use super::nodejs::{self, NodeModulesError};
use super::python::{self, VenvError};

/// Why an environment could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A Python environment.
    #[error(transparent)]
    Python(#[from] VenvError),
    /// A Node.js environment.
    #[error(transparent)]
    Node(#[from] NodeModulesError),
    /// The staging directory cannot be written.
    #[error("could not write the environments")]
    Io(#[from] io::Error),
}

/// Builds `environments` into `staging`; their packages must be in the store.
pub fn build_environments<'a>(
    environments: impl Iterator<Item = &'a EnvironmentDescription>,
    root: &HostRoot,
    staging: &mut Staging,
) -> Result<Vec<Digest>, BuildError> {
    staging.create_part(StoreKind::Envs)?;
    let linked =
        |environment: &&EnvironmentDescription| !matches!(environment, EnvironmentDescription::Recipe(_));
    let mut queue: Vec<&EnvironmentDescription> = environments.filter(linked).collect();
    for environment in queue.iter().filter(|environment| environment.owner().is_some()) {
        staging.leave_open(environment.digest());
    }
    let staging = &*staging;
    let digests = queue.iter().map(|environment| environment.digest()).collect();
    // The largest last, since the queue is taken from its end.
    queue.sort_by_key(|environment| environment.package_count());
    let workers = processors_for(queue.len());
    let (queue, failure) = (Mutex::new(queue), OnceLock::new());
    share_work(workers, || {
        while failure.get().is_none() {
            let next = queue.lock().expect("no builder panics while it holds the queue").pop();
            let Some(environment) = next else { return };
            if let Err(error) = build(environment, root, staging) {
                // The first failure is the one that is told.
                let _ = failure.set(error);
            }
        }
    });
    failure.into_inner().map_or(Ok(digests), Err)
}

/// Builds one in `staging`, from where it will be moved into the store, and takes its list; sealed below, unless
/// its pack may write to it.
pub fn build(
    environment: &EnvironmentDescription,
    root: &HostRoot,
    staging: &Staging,
) -> Result<(), BuildError> {
    let place = staging.tree(StoreKind::Envs, &environment.digest());
    match environment {
        EnvironmentDescription::Python(python) => python::build(python, root, &place)?,
        EnvironmentDescription::Node(node) => nodejs::build(node, root, &place)?,
        EnvironmentDescription::Recipe(_) => return Ok(()),
    }
    if environment.owner().is_none() {
        seal_below(&place)?;
    }
    Ok(staging.list_with_links(StoreKind::Envs, environment.digest())?)
}

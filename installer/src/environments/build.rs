//! Builds what a plan needs and the store lacks, several environments at a time.

use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::thread;

use attune_schemas::Digest;

use crate::host::{HostRoot, StoreKind};
use crate::node_modules::{self, NodeModulesError};
use crate::plan::PlannedEnvironment;
use crate::unpack::Staging;
use crate::venv::{self, VenvError};

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
    environments: impl Iterator<Item = &'a PlannedEnvironment>,
    root: &HostRoot,
    staging: &Staging,
) -> Result<Vec<Digest>, BuildError> {
    staging.create_part(StoreKind::Envs)?;
    let linked = |environment: &&PlannedEnvironment| !matches!(environment, PlannedEnvironment::Recipe(_));
    let mut queue: Vec<&PlannedEnvironment> = environments.filter(linked).collect();
    let digests = queue.iter().map(|environment| environment.digest()).collect();
    // The largest last, since the queue is taken from its end.
    queue.sort_by_key(|environment| environment.package_count());
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(queue.len());
    let (queue, failure) = (Mutex::new(queue), OnceLock::new());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while failure.get().is_none() {
                    let next = queue.lock().expect("no builder panics while it holds the queue").pop();
                    let Some(environment) = next else { return };
                    let place = staging.tree(StoreKind::Envs, &environment.digest());
                    if let Err(error) = build(environment, root, &place) {
                        // The first failure is the one that is told.
                        let _ = failure.set(error);
                    }
                }
            });
        }
    });
    failure.into_inner().map_or(Ok(digests), Err)
}

/// Builds one at `place`, from where it will be moved into the store.
pub(super) fn build(
    environment: &PlannedEnvironment,
    root: &HostRoot,
    place: &Path,
) -> Result<(), BuildError> {
    match environment {
        PlannedEnvironment::Python(python) => Ok(venv::build(python, root, place)?),
        PlannedEnvironment::Node(node) => Ok(node_modules::build(node, root, place)?),
        PlannedEnvironment::Recipe(_) => Ok(()),
    }
}

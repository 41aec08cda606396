//! Builds Python environments out of unpacked wheels.
//!
//! ```text
//! store/envs/<sha256>/
//!   pyvenv.cfg
//!   bin/python -> the interpreter, python3 and python3.N -> python, console scripts
//!   lib/python3.N/site-packages/
//!     requests -> ../../../../../wheels/<sha256>/requests   a directory that one wheel owns
//!     google/                                               a directory in which wheels meet
//!   lib64 -> lib
//! ```
//!
//! Source: PEP 405 for virtual environments, PEP 427 for the installation of wheels.

mod bytecode;
mod entry_points;
mod error;
mod launcher;
mod link;
mod prefix;
pub(crate) mod record;
mod tree;
mod wheel;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::thread;

use attune_schemas::Digest;

pub use bytecode::compile_bytecode;
pub use error::VenvError;
pub use link::LinkMode;

use crate::host::{HostRoot, StoreKind};
use crate::plan::PythonEnvironment;
use crate::unpack::Staging;
use link::FileLinker;
use prefix::{Scheme, write_prefix};
use tree::Tree;
use wheel::WheelPlacement;

/// Builds `environments` into `staging`; their wheels must be in the store.
pub fn build_environments<'a>(
    environments: impl Iterator<Item = &'a PythonEnvironment>,
    root: &HostRoot,
    staging: &Staging,
) -> Result<Vec<Digest>, VenvError> {
    staging.create_part(StoreKind::Envs)?;
    let mut queue: Vec<&PythonEnvironment> = environments.collect();
    let digests = queue.iter().map(|environment| environment.digest).collect();
    // The largest last, since the queue is taken from its end.
    queue.sort_by_key(|environment| environment.wheels.len());
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(queue.len());
    let (queue, failure) = (Mutex::new(queue), OnceLock::new());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while failure.get().is_none() {
                    let next = queue.lock().expect("no builder panics while it holds the queue").pop();
                    let Some(environment) = next else { return };
                    let place = staging.tree(StoreKind::Envs, &environment.digest);
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

/// Builds `environment` at `place`, from where it will be moved into the store.
pub(crate) fn build(environment: &PythonEnvironment, root: &HostRoot, place: &Path) -> Result<(), VenvError> {
    let scheme = Scheme(environment.interpreter.minor().expect("only CPython 3 is planned for"));
    let wheels = root.store_part(StoreKind::Wheels);
    let store = wheels.parent().expect("a part of the store is in the store");
    let part = PathBuf::from(wheels.file_name().expect("a part of the store has a name"));
    // Scripts carry the path at which the environment will be found.
    let python = root.store(StoreKind::Envs, &environment.digest).join("bin/python");
    let mut tree = Tree::new(store.to_owned());
    scheme.lay_out(&mut tree);
    for wheel in &environment.wheels {
        let path = part.join(wheel.digest.hex());
        WheelPlacement::new(store, path, wheel, scheme, &python).add_to(&mut tree)?;
    }
    fs_err::create_dir(place)?;
    let linker = FileLinker::new(environment.link_mode);
    tree.write(place, &linker, environment.link_mode.folds())?;
    write_prefix(&environment.interpreter, scheme, place)?;
    if linker.fell_back() {
        tracing::info!("files were copied: the file system cannot link them");
    }
    Ok(())
}

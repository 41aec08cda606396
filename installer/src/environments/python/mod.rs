//! Builds Python environments out of unpacked wheels.
//!
//! ```text
//! store/envs/<sha256>/
//!   pyvenv.cfg
//!   pip.conf                       by which pip refuses to change what packs share
//!   bin/python -> the interpreter, python3 and python3.N -> python, console scripts
//!   lib/python3.N/site-packages/
//!     requests -> ../../../../../wheels/<sha256>/requests   a directory that one wheel owns
//!     google/                                               a directory in which wheels meet
//!   lib64 -> lib
//! ```
//!
//! Source: PEP 405 for virtual environments, PEP 427 for the installation of wheels.

mod bytecode;
mod error;
mod launcher;
mod prefix;
mod tree;
mod wheel;

use std::path::{Path, PathBuf};

pub use bytecode::compile_bytecode;
pub use error::VenvError;

use crate::environments::linker::FileLinker;
use attune_host::environment::PythonEnvironment;
use attune_host::root::{HostRoot, StoreKind};
use prefix::{Scheme, write_prefix};
use tree::EnvironmentTree;
use wheel::WheelPlacement;

/// Builds `environment` at `place`, from where it will be moved into the store.
pub(crate) fn build(environment: &PythonEnvironment, root: &HostRoot, place: &Path) -> Result<(), VenvError> {
    let scheme = Scheme(environment.interpreter.minor().expect("only CPython 3 is planned for"));
    let wheels = root.store_part(StoreKind::Wheels);
    let store = wheels.parent().expect("a part of the store is in the store");
    let part = PathBuf::from(wheels.file_name().expect("a part of the store has a name"));
    // Scripts carry the path at which the environment will be found.
    let python = root.store(StoreKind::Envs, &environment.digest).join("bin/python");
    let mut tree = EnvironmentTree::new(store.to_owned());
    scheme.lay_out(&mut tree);
    for wheel in &environment.wheels {
        let path = part.join(wheel.digest.hex());
        WheelPlacement::new(store, path, wheel, scheme, &python).add_to(&mut tree)?;
    }
    fs_err::create_dir(place)?;
    let linker = FileLinker::for_environment(environment.link_mode, environment.owner.as_ref());
    tree.write(place, &linker, environment.link_mode.folds())?;
    write_prefix(environment, scheme, place, &linker)?;
    if linker.fell_back() {
        tracing::info!("files were copied: the file system cannot link them");
    }
    Ok(())
}

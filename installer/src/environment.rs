//! Builds Python environments out of unpacked wheels: `pyvenv.cfg`, links to the interpreter, and the
//! wheels linked into `site-packages` by uv's installer.
//!
//! ```text
//! store/envs/<sha256>/
//!   pyvenv.cfg
//!   bin/python -> the interpreter, python3 and python3.N -> python, console scripts
//!   lib/python3.N/site-packages/
//!   lib64 -> lib
//! ```
//!
//! Source: PEP 405 for virtual environments, PEP 427 for the installation of wheels.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, OnceLock};
use std::thread;

use attune_schemas::Digest;
use uv_distribution_filename::WheelFilename;
use uv_install_wheel::{InstallState, Layout, LinkMode};
use uv_pypi_types::Scheme;

use crate::host::{HostRoot, StoreKind};
use crate::plan::PythonEnvironment;
use crate::unpack::Staging;

/// Why an environment could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// A wheel could not be installed into it.
    #[error("wheel `{filename}` cannot be installed")]
    Wheel {
        /// The wheel.
        filename: String,
        /// The cause.
        #[source]
        source: Box<uv_install_wheel::Error>,
    },
    /// A wheel's file name is not one.
    #[error("`{filename}` is not the name of a wheel: {reason}")]
    Filename {
        /// The name.
        filename: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Writing failed.
    #[error("could not write the environment")]
    Io(#[from] io::Error),
}

/// Builds the environments of `plan` that the store lacks into `staging`; wheels must be in the store.
pub fn build_environments<'a>(
    environments: impl Iterator<Item = &'a PythonEnvironment>,
    root: &HostRoot,
    staging: &Staging,
) -> Result<Vec<Digest>, EnvironmentError> {
    staging.create_part(StoreKind::Envs)?;
    let mut queue: Vec<&PythonEnvironment> = environments.collect();
    let digests = queue.iter().map(|environment| environment.digest).collect();
    // The largest last, since the queue is taken from its end.
    queue.sort_by_key(|environment| environment.wheels.iter().map(|wheel| wheel.unpacked.files).sum::<u64>());
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(queue.len());
    let (queue, failure) = (Mutex::new(queue), OnceLock::new());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while failure.get().is_none() {
                    let next = queue.lock().expect("no builder panics while it holds the queue").pop();
                    let Some(environment) = next else { return };
                    if let Err(error) = build(environment, root, staging) {
                        // The first failure is the one that is told.
                        let _ = failure.set(error);
                    }
                }
            });
        }
    });
    failure.into_inner().map_or(Ok(digests), Err)
}

fn build(
    environment: &PythonEnvironment,
    root: &HostRoot,
    staging: &Staging,
) -> Result<(), EnvironmentError> {
    let place = staging.tree(StoreKind::Envs, &environment.digest);
    let last = root.store(StoreKind::Envs, &environment.digest);
    let minor = environment.interpreter.minor().expect("only CPython 3 is planned for");
    let site_packages = place.join(format!("lib/python{minor}/site-packages"));
    fs_err::create_dir_all(&site_packages)?;
    write_venv(environment, &place)?;
    let layout = Layout {
        // Scripts carry the path at which the environment will be found.
        sys_executable: last.join("bin/python"),
        python_version: (3, minor.minor()),
        os_name: "posix".to_owned(),
        scheme: Scheme {
            purelib: site_packages.clone(),
            platlib: site_packages,
            scripts: place.join("bin"),
            data: place.clone(),
            include: place.join(format!("include/site/python{minor}")),
        },
    };
    let state = InstallState::default();
    for wheel in &environment.wheels {
        let filename = WheelFilename::from_str(&wheel.filename).map_err(|error| {
            EnvironmentError::Filename { filename: wheel.filename.clone(), reason: error.to_string() }
        })?;
        let unpacked = root.store(StoreKind::Wheels, &wheel.digest);
        link_wheel(&layout, &unpacked, &filename, &state).map_err(|source| EnvironmentError::Wheel {
            filename: wheel.filename.clone(),
            source: Box::new(source),
        })?;
    }
    Ok(())
}

fn link_wheel(
    layout: &Layout,
    unpacked: &Path,
    filename: &WheelFilename,
    state: &InstallState,
) -> Result<(), uv_install_wheel::Error> {
    const RELOCATABLE: bool = false;
    // Files such as INSTALLER would be written through the hard link into the store.
    const INSTALLER_METADATA: bool = false;
    uv_install_wheel::install_wheel(
        layout,
        RELOCATABLE,
        unpacked,
        filename,
        None,
        None::<&()>,
        None::<&()>,
        None,
        INSTALLER_METADATA,
        // Reflink, else hard link, else copy: uv's installer tries them in this order.
        LinkMode::Clone,
        state,
    )
}

fn write_venv(environment: &PythonEnvironment, place: &Path) -> io::Result<()> {
    let executable = &environment.interpreter.executable;
    let home = executable.parent().unwrap_or(Path::new("/"));
    let config = format!(
        "home = {}\nimplementation = CPython\nversion_info = {}\ninclude-system-site-packages = false\n",
        home.display(),
        environment.interpreter.version,
    );
    fs_err::write(place.join("pyvenv.cfg"), config)?;
    let bin = place.join("bin");
    fs_err::create_dir_all(&bin)?;
    link(executable, &bin.join("python"))?;
    link(Path::new("python"), &bin.join("python3"))?;
    if let Some(minor) = environment.interpreter.minor() {
        link(Path::new("python"), &bin.join(format!("python{minor}")))?;
    }
    link(Path::new("lib"), &place.join("lib64"))
}

fn link(target: &Path, link: &PathBuf) -> io::Result<()> {
    fs_err::os::unix::fs::symlink(target, link)
}

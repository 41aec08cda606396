//! The environments of what is installed: where they are, and whether they are still whole.

mod build;
mod recipes;
mod verify;

use std::path::PathBuf;

use attune_schemas::{PackRef, Version};
use serde::Serialize;

use crate::error::InstallError;
use crate::generation::{EnvironmentKind, Generation, InstalledEnvironment};
use crate::host::{HostRoot, StoreKind};

pub use build::build_environments;
pub use recipes::{BuiltRecipes, FailedEnvironment, build_recipes};
pub use verify::{Damage, VerifiedEnvironment, verify_environments};

/// An environment of an installed pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedEnvironment {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// What it is.
    pub kind: EnvironmentKind,
    /// The name of its directory, by which workers find it.
    pub runtime: String,
    /// Version of the interpreter.
    pub interpreter_version: String,
    /// The host's interpreter.
    pub interpreter: PathBuf,
    /// What a worker executes.
    pub executable: PathBuf,
    /// Where the environment is found.
    pub path: PathBuf,
    /// Where the store keeps it; packs with equal locks share one.
    pub store: PathBuf,
    /// Number of packages in it.
    pub packages: usize,
}

/// The environments of the active generation, by pack and runtime.
pub fn list_environments(root: &HostRoot) -> Result<Vec<ListedEnvironment>, InstallError> {
    let active = active(root)?;
    let all = active.packs.iter().flat_map(|(pack, installed)| {
        let environments = installed.environments.iter();
        let active = &active;
        environments.map(move |(runtime, environment)| ListedEnvironment {
            pack: pack.clone(),
            version: installed.version.clone(),
            runtime: runtime.clone(),
            interpreter_version: interpreter_version(active, environment),
            interpreter: environment.interpreter.clone(),
            executable: environment
                .executable
                .clone()
                .unwrap_or_else(|| root.environment(pack, runtime).join(environment.kind.executable())),
            path: root.environment(pack, runtime),
            store: root.store(StoreKind::Envs, &environment.digest),
            kind: environment.kind,
            packages: environment.wheels.len() + environment.node_packages.len(),
        })
    });
    Ok(all.collect())
}

/// What a worker executes for `pack`.
pub fn executable(root: &HostRoot, pack: &PackRef, runtime: &str) -> Result<PathBuf, InstallError> {
    let environments = list_environments(root)?;
    let found = environments.into_iter().find(|found| found.pack == *pack && found.runtime == runtime);
    found
        .map(|found| found.executable)
        .ok_or_else(|| InstallError::NoEnvironment { pack: pack.clone(), runtime: runtime.to_owned() })
}

fn active(root: &HostRoot) -> Result<Generation, InstallError> {
    let failed = |source| InstallError::Root { root: root.path().to_owned(), source };
    Generation::active(root).map_err(failed)
}

fn interpreter_version(active: &Generation, environment: &InstalledEnvironment) -> String {
    let is_it = |executable: &std::path::Path| executable == environment.interpreter;
    let python =
        active.interpreters.iter().find(|known| is_it(&known.executable)).map(|known| &known.version);
    let node = || active.nodes.iter().find(|known| is_it(&known.executable)).map(|known| &known.version);
    python.or_else(node).cloned().unwrap_or_default()
}

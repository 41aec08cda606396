//! The environments of what is installed: where they are, and whether they are still whole.

use std::io;
use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::{PackRef, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::installed;
use super::status::{EnvironmentStatus, recorded as recorded_rows, status_of};
use crate::database::{DatabaseError, RecordedEnvironment};
use crate::environment::{EnvironmentKind, EnvironmentName, InstalledEnvironment};
use crate::generation::Generation;
use crate::root::{HostRoot, LockError, RootError, StoreKind};

/// Why the environments of a host could not be shown or verified.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// The root cannot be read.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The root cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The database cannot be read or written.
    #[error(transparent)]
    Register(#[from] DatabaseError),
    /// `current` leads to no generation.
    #[error("{} in `{}`", not_active(*active), root.display())]
    NotActive {
        /// The root.
        root: PathBuf,
        /// The generation that it leads to, if it is there at all.
        active: Option<u64>,
        /// Why the one that it leads to cannot be read.
        #[source]
        source: Option<io::Error>,
    },
    /// No such pack is installed.
    #[error(
        "pack `{pack}` is not installed{}",
        similar.as_ref().map(|similar| format!("; did you mean `{similar}`?")).unwrap_or_default()
    )]
    NotInstalled {
        /// The pack.
        pack: PackRef,
        /// An installed one whose name is much like its own.
        similar: Option<PackRef>,
    },
    /// The pack has no such environment.
    #[error("pack `{pack}` has no environment for `{runtime}`{}", has(there))]
    NoEnvironment {
        /// The pack.
        pack: PackRef,
        /// The runtime.
        runtime: String,
        /// The environments that it has.
        there: Vec<String>,
    },
    /// No installed pack has such a workflow.
    #[error(
        "no installed pack has a workflow `{}`{}",
        workflow.escape_debug(),
        similar.as_ref().map(|similar| format!("; did you mean `{similar}`?")).unwrap_or_default()
    )]
    NoWorkflow {
        /// The workflow's ref.
        workflow: String,
        /// An installed one whose ref is much like its own.
        similar: Option<String>,
    },
}

fn not_active(active: Option<u64>) -> String {
    active.map_or_else(
        || "no generation is active, as `current` is gone,".to_owned(),
        |active| format!("`current` leads to generation {active}, which is not there or damaged,"),
    )
}

fn has(there: &[String]) -> String {
    if there.is_empty() { String::new() } else { format!("; it has {}", there.join(", ")) }
}

/// Environments of the active generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Environments {
    /// The installation root.
    pub root: PathBuf,
    /// The active generation.
    pub generation: u64,
    /// The environments, by pack and runtime.
    pub environments: Vec<ListedEnvironment>,
}

impl Report for Environments {
    const FORMAT: &'static str = "attune-install.environments/v1";
}

/// An environment of an installed pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedEnvironment {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// Its kind.
    pub kind: EnvironmentKind,
    /// The name of its directory, by which workers find it.
    pub runtime: String,
    /// Further names of the same environment, such as that with its version.
    pub aliases: Vec<String>,
    /// The version of its interpreter; absent where it is unknown, as for one that steps built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpreter_version: Option<String>,
    /// The host's interpreter; absent where it could not be built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<PathBuf>,
    /// The program to execute; in the store, which upgrades leave as it is; absent where it could not be built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executable: Option<PathBuf>,
    /// Where the environment is found.
    pub path: PathBuf,
    /// Where the store keeps it; packs with equal locks share one; absent where it could not be built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<PathBuf>,
    /// Number of packages in it.
    pub packages: usize,
    /// Whether its interpreter is what it was made for.
    #[serde(skip)]
    pub is_current: bool,
    /// Its state.
    pub status: EnvironmentStatus,
    /// How that is judged.
    pub health: &'static str,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed_at: Option<String>,
    /// When it was last found whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_verified: Option<String>,
    /// Whether that is more than seven days ago.
    pub needs_verification: bool,
    /// The output of the steps that built it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_log: Option<String>,
    /// Why it could not be built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_error: Option<String>,
}

/// The environments of the active generation, by pack and runtime, with those that could not be built.
pub fn list_environments(root: &HostRoot) -> Result<Environments, InventoryError> {
    let active = installed(root)?;
    let rows = recorded_rows(root)?;
    let mut all = Vec::new();
    for (pack, installed) in &active.packs {
        for (runtime, environment) in &installed.environments {
            let path = runtime.path(root, pack);
            let row = rows.get(&path).or_else(|| rows.get(&root.environment(pack, runtime.as_str())));
            let store = root.store(StoreKind::Envs, &environment.digest);
            // In the store, so that what was started keeps its modules when the next generation comes.
            let own = store.join(environment.kind.executable());
            all.push(ListedEnvironment {
                pack: pack.clone(),
                version: installed.version.clone(),
                kind: environment.kind,
                runtime: runtime.to_string(),
                interpreter_version: interpreter_version(&active, environment),
                interpreter: Some(environment.interpreter.clone()),
                executable: Some(environment.executable.clone().unwrap_or(own)),
                store: Some(store),
                packages: environment.package_count(),
                is_current: environment.is_current(),
                ..recorded(path, row, status_of(environment, row, root), pack, &installed.version)
            });
        }
        for runtime in &installed.failed_environments {
            let path = runtime.path(root, pack);
            let row = rows.get(&path);
            let failed = recorded(path, row, EnvironmentStatus::Failed, pack, &installed.version);
            all.push(ListedEnvironment { runtime: runtime.to_string(), ..failed });
        }
    }
    Ok(Environments { root: root.path().to_owned(), generation: active.id, environments: folded(all) })
}

/// Environments of one pack with one place in the store are one, with several names.
fn folded(all: Vec<ListedEnvironment>) -> Vec<ListedEnvironment> {
    let mut folded: Vec<ListedEnvironment> = Vec::new();
    for environment in all {
        let is_same = |other: &&mut ListedEnvironment| {
            other.pack == environment.pack && other.store.is_some() && other.store == environment.store
        };
        match folded.iter_mut().find(is_same) {
            Some(same) => same.aliases.push(environment.runtime),
            None => folded.push(environment),
        }
    }
    folded
}

/// The database's columns of an environment, without those that its generation has.
fn recorded(
    path: PathBuf,
    row: Option<&RecordedEnvironment>,
    status: EnvironmentStatus,
    pack: &PackRef,
    version: &Version,
) -> ListedEnvironment {
    ListedEnvironment {
        pack: pack.clone(),
        version: version.clone(),
        kind: EnvironmentKind::Recipe,
        runtime: String::new(),
        aliases: Vec::new(),
        interpreter_version: None,
        interpreter: None,
        executable: None,
        path,
        store: None,
        packages: 0,
        is_current: false,
        status,
        health: status.health(),
        installed_at: row.and_then(|row| row.installed_at.clone()),
        last_verified: row.and_then(|row| row.last_verified.clone()),
        needs_verification: status == EnvironmentStatus::Ready
            && row.is_some_and(|row| row.needs_verification),
        install_log: row.and_then(|row| row.install_log.clone()),
        install_error: row.and_then(|row| row.install_error.clone()),
    }
}

/// The program to execute for `pack`.
pub fn executable(root: &HostRoot, pack: &PackRef, runtime: &str) -> Result<PathBuf, InventoryError> {
    let environments = pack_environments(root, pack, Some(runtime))?;
    let found = environments.environments.into_iter().find(|found| found.status != EnvironmentStatus::Failed);
    found.and_then(|found| found.executable).ok_or_else(|| InventoryError::NoEnvironment {
        pack: pack.clone(),
        runtime: runtime.to_owned(),
        there: Vec::new(),
    })
}

/// The environments of `pack`, of `runtime` alone if one is named: by either name of its directory.
///
/// # Errors
/// The pack is not installed, or has none.
pub fn pack_environments(
    root: &HostRoot,
    pack: &PackRef,
    runtime: Option<&str>,
) -> Result<Environments, InventoryError> {
    installed(root)?.installed_pack(pack)?;
    let mut all = list_environments(root)?;
    all.environments.retain(|found| found.pack == *pack);
    let is_it = |found: &ListedEnvironment| {
        let mut names = std::iter::once(&found.runtime).chain(&found.aliases);
        runtime.is_none_or(|wanted| {
            names.any(|name| {
                let name: Result<EnvironmentName, _> = name.parse();
                name.is_ok_and(|name| name.as_str() == wanted || name.of_workers().as_str() == wanted)
            })
        })
    };
    let (found, others): (Vec<_>, Vec<_>) = all.environments.into_iter().partition(is_it);
    if found.is_empty() {
        let there = others.into_iter().map(|other| format!("`{}`", other.runtime)).collect();
        let runtime = runtime.unwrap_or("any runtime").to_owned();
        return Err(InventoryError::NoEnvironment { pack: pack.clone(), runtime, there });
    }
    Ok(Environments { environments: found, ..all })
}

/// The version of the interpreter of `environment`; `None` where it is unknown, as for one that steps built.
pub(super) fn interpreter_version(active: &Generation, environment: &InstalledEnvironment) -> Option<String> {
    let is_it = |executable: &std::path::Path| executable == environment.interpreter;
    let python =
        active.interpreters.iter().find(|known| is_it(&known.executable)).map(|known| &known.version);
    let node = || active.nodes.iter().find(|known| is_it(&known.executable)).map(|known| &known.version);
    python.or_else(node).cloned()
}

//! Everything that a host has, for whoever makes a bundle for it or keeps account of it: `attune.inventory/v1`.
//!
//! Nothing in it is secret, and nothing is vouched for: the list of registries keeps no login, and a reader of the file
//! believes what it likes. Reading only; interpreters are asked what they are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use attune_host::environment::{EnvironmentKind, EnvironmentName};
use attune_host::generation::{Generation, KeptRelease};
use attune_host::inventory::{InventoryError, ListedPack, PackEnvironment, list};
use attune_host::machine::{
    InterpreterSearch, Interpreters, KeptAnswers, NodeInterpreters, host_glibc, host_platform,
};
use attune_host::preferences::{KnownRegistries, KnownRegistry, RegistriesError};
use attune_host::root::{HostRoot, RootError};
use attune_registry::report::{Report, Reporter};
use attune_schemas::origin::Origin;
use attune_schemas::platform::Libc;
use attune_schemas::problem::{ErrorCode, WarningCode};
use attune_schemas::runtime_index::RuntimeName;
use attune_schemas::{Digest, PackRef, Platform, Requirement, Version};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::failure::Failed;
use crate::trust::{TrustedError, TrustedRegistry, trusted_registries};

/// Everything that a host has.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostInventory {
    /// When it was written.
    #[schemars(with = "String")]
    pub written_at: Timestamp,
    /// The version of the program that wrote it.
    pub installer: &'static str,
    /// The machine.
    pub host: HostFacts,
    /// The installation root.
    pub root: PathBuf,
    /// The active generation; absent where nothing was ever installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// The installed packs, by ref.
    pub packs: Vec<InventoriedPack>,
    /// The registries that packs come from which are named without a source, in the order in which they are asked.
    pub registries: Vec<KnownRegistry>,
    /// The registries that the host trusts.
    pub trust: Vec<TrustedRegistry>,
}

impl Report for HostInventory {
    const FORMAT: &'static str = "attune.inventory/v1";
}

/// The machine under a root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostFacts {
    /// Its platform; absent where it is none that packs are made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// `gnu` or `musl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub libc: Option<&'static str>,
    /// The version of its glibc; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glibc: Option<String>,
    /// The interpreters that packs may use, in the order in which they are preferred.
    pub interpreters: Vec<FoundInterpreter>,
}

/// An interpreter of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundInterpreter {
    /// Its runtime.
    pub runtime: RuntimeName,
    /// Its version.
    pub version: String,
    /// Its executable, links resolved.
    pub executable: PathBuf,
    /// The ABI of a Node.js.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abi: Option<String>,
}

/// An installed pack.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoriedPack {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// The registry that it came from.
    pub registry: String,
    /// The digest of its release's manifest.
    pub manifest: Digest,
    /// The digest of its archive.
    pub archive: Digest,
    /// Where its publisher had its files from; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Whether it was asked for, rather than needed by another.
    pub requested: bool,
    /// Whether it is held at its version.
    pub held: bool,
    /// The range that it is pinned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Requirement>,
    /// The packs that it needs, with the requirement on each.
    pub dependencies: BTreeMap<PackRef, Requirement>,
    /// When it was installed; absent where an earlier program did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub installed_at: Option<Timestamp>,
    /// Its environments.
    pub environments: BTreeMap<EnvironmentName, InventoriedEnvironment>,
}

/// An environment of an installed pack.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InventoriedEnvironment {
    /// Its kind.
    pub kind: EnvironmentKind,
    /// The version of its interpreter; absent where it is unknown, as for one that steps built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpreter_version: Option<String>,
    /// The number of packages in it.
    pub packages: usize,
}

/// Why no inventory could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostInventoryError {
    /// The root cannot be read.
    #[error(transparent)]
    Root(#[from] RootError),
    /// What is installed cannot be read.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// The known registries cannot be read.
    #[error(transparent)]
    Registries(#[from] RegistriesError),
    /// The trusted registries cannot be read.
    #[error(transparent)]
    Trust(#[from] TrustedError),
}

impl Failed for HostInventoryError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Inventory(error) => error.code(),
            Self::Registries(error) => error.code(),
            Self::Trust(error) => error.code(),
        }
    }
}

/// Where the interpreters of a host are looked for.
#[derive(Debug, Clone)]
pub struct InventorySearch {
    /// Pythons.
    pub pythons: InterpreterSearch,
    /// Node.js.
    pub nodes: InterpreterSearch,
}

/// The inventory of `root`; a root to which nothing was ever installed has no packs.
///
/// # Errors
/// What is installed cannot be read.
pub fn host_inventory(
    root: &HostRoot,
    search: InventorySearch,
    now: Timestamp,
    reporter: &dyn Reporter,
) -> Result<HostInventory, HostInventoryError> {
    root.require_no_others()?;
    let active = Generation::active(root).map_err(|source| root.failed(source))?;
    if active.id == 0 {
        let message = format!("nothing was ever installed to `{}`; it has no packs", root.path().display());
        reporter.warning(WarningCode::NothingInstalled, &message);
    }
    let listed = if active.id == 0 { Vec::new() } else { list(root)?.packs };
    let packs = listed.into_iter().filter_map(|listed| inventoried(root, &active, listed));
    Ok(HostInventory {
        written_at: now,
        installer: env!("CARGO_PKG_VERSION"),
        host: facts(root, search),
        root: root.path().to_owned(),
        generation: (active.id != 0).then_some(active.id),
        packs: packs.collect(),
        registries: KnownRegistries::load(root)?.iter().cloned().collect(),
        trust: if root.path().is_dir() { trusted_registries(root)? } else { Vec::new() },
    })
}

fn facts(root: &HostRoot, search: InventorySearch) -> HostFacts {
    let kept = KeptAnswers::load(&root.interpreters_file());
    let mut pythons = Interpreters::new(search.pythons, Vec::new()).with_answers(kept.pythons);
    let mut nodes = NodeInterpreters::new(search.nodes, Vec::new()).with_answers(kept.nodes);
    // Every one is asked; those that cannot answer are no use to packs.
    let _none = (pythons.find(|_| false), nodes.find(|_| false));
    let pythons = pythons.found().iter().map(|python| FoundInterpreter {
        runtime: RuntimeName::Python,
        version: python.version.clone(),
        executable: python.executable.clone(),
        abi: None,
    });
    let nodes = nodes.found().iter().map(|node| FoundInterpreter {
        runtime: RuntimeName::Nodejs,
        version: node.version.clone(),
        executable: node.executable.clone(),
        abi: Some(node.abi.clone()),
    });
    let platform = host_platform();
    let libc = platform.map(|platform| platform.libc);
    let glibc = host_glibc().filter(|_| libc == Some(Libc::Gnu));
    HostFacts {
        platform,
        libc: libc.map(|libc| if libc == Libc::Gnu { "gnu" } else { "musl" }),
        glibc: glibc.map(|(major, minor)| format!("{major}.{minor}")),
        interpreters: pythons.chain(nodes).collect(),
    }
}

fn inventoried(root: &HostRoot, active: &Generation, listed: ListedPack) -> Option<InventoriedPack> {
    let installed = active.packs.get(&listed.pack)?;
    // A release that is lost says less.
    let kept = KeptRelease::load(&root.generation(active.id), &listed.pack).ok().flatten();
    let environment = |PackEnvironment { kind, interpreter_version, packages, .. }: PackEnvironment| {
        InventoriedEnvironment { kind, interpreter_version, packages }
    };
    let environments = listed.environments.into_iter();
    Some(InventoriedPack {
        archive: installed.pack,
        origin: kept.and_then(|kept| kept.config.origin),
        pack: listed.pack,
        version: listed.version,
        registry: listed.registry,
        manifest: listed.manifest,
        requested: listed.requested,
        held: listed.held,
        pinned: listed.pinned,
        dependencies: listed.dependencies,
        installed_at: listed.installed_at,
        environments: environments.map(|(name, found)| (name, environment(found))).collect(),
    })
}

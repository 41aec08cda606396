//! Packs that are held or pinned.

use std::collections::BTreeMap;
use std::path::PathBuf;

use attune_host::inventory::installed;
use attune_host::preferences::HostPolicy;
use attune_host::process::OperationKind;
use attune_host::root::HostRoot;
use attune_host::transaction::{Access, HeldRoot};
use attune_registry::report::Report;
use attune_schemas::{PackRef, Requirement, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::error::LifecycleError;

/// A change of the rules.
#[derive(Debug, Clone)]
pub enum PolicyChange {
    /// These packs stay as they are.
    Hold(Vec<PackRef>),
    /// These packs may change again.
    Unhold(Vec<PackRef>),
    /// A pack stays within a range.
    Pin(PackRef, Requirement),
    /// These packs may leave their ranges.
    Unpin(Vec<PackRef>),
}

impl PolicyChange {
    /// The kind of the operation that it is.
    pub const fn kind(&self) -> OperationKind {
        match self {
            Self::Hold(_) => OperationKind::Hold,
            Self::Unhold(_) => OperationKind::Unhold,
            Self::Pin(..) => OperationKind::Pin,
            Self::Unpin(_) => OperationKind::Unpin,
        }
    }
}

/// The rules of a host.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyReport {
    /// The installation root.
    pub root: PathBuf,
    /// Packs that stay as they are, each with its version; `null` if it is not installed now.
    pub held: BTreeMap<PackRef, Option<Version>>,
    /// The ranges that packs stay within.
    pub pinned: BTreeMap<PackRef, Requirement>,
}

impl Report for PolicyReport {
    const FORMAT: &'static str = "attune-install.policy/v1";
}

/// The rules of `root`.
///
/// # Errors
/// There is no root, or its rules cannot be read.
pub fn policy(root: &HostRoot) -> Result<PolicyReport, LifecycleError> {
    let active = installed(root)?;
    let policy = HostPolicy::load(root).map_err(|source| root.failed(source))?;
    let version = |pack: &PackRef| active.packs.get(pack).map(|installed| installed.version.clone());
    Ok(PolicyReport {
        root: root.path().to_owned(),
        held: policy.held.iter().map(|pack| (pack.clone(), version(pack))).collect(),
        pinned: policy.pinned,
    })
}

/// Changes the rules of `root`.
///
/// # Errors
/// A pack is not installed, a range excludes its version, or the root cannot be changed.
pub fn change_policy(
    root: &HostRoot,
    change: &PolicyChange,
    access: &Access<'_>,
) -> Result<PolicyReport, LifecycleError> {
    root.require_there()?;
    let mut held = HeldRoot::acquire(root, access)?;
    held.keep();
    let io = |source| root.failed(source);
    let active = installed(root)?;
    let mut rules = HostPolicy::load(root).map_err(io)?;
    let before = rules.clone();
    match change {
        PolicyChange::Hold(packs) => {
            for pack in packs {
                active.installed_pack(pack)?;
                rules.held.insert(pack.clone());
            }
        }
        PolicyChange::Unhold(packs) => packs.iter().for_each(|pack| {
            rules.held.remove(pack);
        }),
        PolicyChange::Pin(pack, requirement) => {
            if let Some(installed) =
                active.packs.get(pack).filter(|found| !requirement.matches(&found.version))
            {
                return Err(LifecycleError::PinExcludes {
                    pack: pack.clone(),
                    requirement: requirement.clone(),
                    installed: installed.version.clone(),
                });
            }
            rules.pinned.insert(pack.clone(), requirement.clone());
        }
        PolicyChange::Unpin(packs) => packs.iter().for_each(|pack| {
            rules.pinned.remove(pack);
        }),
    }
    if rules != before {
        rules.save(root).map_err(io)?;
    }
    policy(root)
}

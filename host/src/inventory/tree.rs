//! What is installed as trees of dependencies, and why a pack is there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::{PackRef, Requirement, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::dependencies::{DependencyGraph, Direction};
use super::{InventoryError, installed};
use crate::root::HostRoot;

/// Trees of dependencies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DependencyTree {
    /// The installation root.
    pub root: PathBuf,
    /// The active generation.
    pub generation: u64,
    /// Whether a pack stands above those that need it, rather than above those that it needs.
    pub inverted: bool,
    /// The packs at the top.
    pub packs: Vec<TreeNode>,
}

impl Report for DependencyTree {
    const FORMAT: &'static str = "attune-install.tree/v1";
}

/// A pack in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TreeNode {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version; absent where it is not installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The requirement between it and the pack above it, on the one of both that is needed; absent at the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirement: Option<Requirement>,
    /// Whether the needed one is installed in a version that satisfies the requirement.
    pub satisfied: bool,
    /// Whether it was asked for, rather than needed by another.
    pub requested: bool,
    /// Whether it stands elsewhere with what is below it, which is left out here.
    pub repeated: bool,
    /// The packs below it.
    pub packs: Vec<TreeNode>,
}

/// The ways from packs that were asked for to an installed pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reasons {
    /// The installation root.
    pub root: PathBuf,
    /// The active generation.
    pub generation: u64,
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// Whether it was asked for.
    pub requested: bool,
    /// The ways to it, the shortest first; of a pack that was asked for, the others alone.
    pub paths: Vec<Vec<PathStep>>,
    /// Whether there are more ways than these.
    pub truncated: bool,
}

impl Report for Reasons {
    const FORMAT: &'static str = "attune-install.why/v1";
}

/// A pack on the way to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PathStep {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// The requirement on it of the pack before it; absent at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirement: Option<Requirement>,
}

/// The trees of all that is installed on `root`, or the one of `pack`; reads only.
///
/// # Errors
/// Nothing is installed, or `pack` is not.
pub fn dependency_tree(
    root: &HostRoot,
    pack: Option<&PackRef>,
    direction: Direction,
) -> Result<DependencyTree, InventoryError> {
    let active = installed(root)?;
    if let Some(pack) = pack {
        active.installed_pack(pack)?;
    }
    let graph = DependencyGraph::of(&active);
    let starts = pack.map_or_else(|| graph.starts(direction), |pack| vec![pack]);
    let mut growing = Growing { graph: &graph, direction, seen: BTreeSet::new() };
    let packs = starts.into_iter().map(|start| growing.node(start, None)).collect();
    Ok(DependencyTree {
        root: root.path().to_owned(),
        generation: active.id,
        inverted: direction == Direction::Dependents,
        packs,
    })
}

/// Trees that are being put together.
struct Growing<'a> {
    graph: &'a DependencyGraph<'a>,
    direction: Direction,
    /// The packs that stand somewhere already, above others.
    seen: BTreeSet<PackRef>,
}

impl Growing<'_> {
    /// The node of `pack` below the pack of an edge, if it is not at the top.
    fn node(&mut self, pack: &PackRef, above: Option<(&PackRef, &Requirement)>) -> TreeNode {
        let entry = self.graph.pack(pack);
        let edges = self.graph.edges(pack, self.direction);
        // Before what is below it: so circles end.
        let repeated = !edges.is_empty() && !self.seen.insert(pack.clone());
        let below = if repeated { Vec::new() } else { edges };
        let satisfied = above.is_none_or(|(above, requirement)| {
            let needed = match self.direction {
                Direction::Dependencies => entry,
                Direction::Dependents => self.graph.pack(above),
            };
            needed.is_some_and(|needed| requirement.matches(&needed.version))
        });
        TreeNode {
            pack: pack.clone(),
            version: entry.map(|entry| entry.version.clone()),
            requirement: above.map(|(_, requirement)| requirement.clone()),
            satisfied,
            requested: entry.is_some_and(|entry| entry.requested),
            repeated,
            packs: below
                .into_iter()
                .map(|(other, requirement)| self.node(other, Some((pack, requirement))))
                .collect(),
        }
    }
}

/// Why `pack` is installed on `root`; reads only.
///
/// # Errors
/// It is not.
pub fn reasons(root: &HostRoot, pack: &PackRef) -> Result<Reasons, InventoryError> {
    let active = installed(root)?;
    let entry = active.installed_pack(pack)?;
    let graph = DependencyGraph::of(&active);
    let found = graph.paths_to(pack);
    let step = |(pack, requirement): (&PackRef, Option<&Requirement>)| PathStep {
        pack: pack.clone(),
        version: active.packs[pack].version.clone(),
        requirement: requirement.cloned(),
    };
    // One step is the request itself.
    let paths = found.paths.into_iter().filter(|path| path.len() > 1);
    Ok(Reasons {
        root: root.path().to_owned(),
        generation: active.id,
        pack: pack.clone(),
        version: entry.version.clone(),
        requested: entry.requested,
        paths: paths.map(|path| path.into_iter().map(step).collect()).collect(),
        truncated: found.is_cut,
    })
}

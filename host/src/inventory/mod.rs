//! The inventory of a root, for people and programs; reads only.

mod dependencies;
mod details;
mod environments;
mod installed;
mod packs;
mod status;
mod tree;

pub use dependencies::{DependencyGraph, Direction, Edge, Path, Paths};
pub use details::{InstalledDetails, details};
pub use environments::{
    Environments, InventoryError, ListedEnvironment, executable, list_environments, pack_environments,
};
pub use installed::installed;
pub use packs::{Inventory, ListedPack, PackEnvironment, list};
pub use status::EnvironmentStatus;
pub use tree::{DependencyTree, PathStep, Reasons, TreeNode, dependency_tree, reasons};

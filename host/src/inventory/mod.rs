//! The inventory of a root, for people and programs; reads only.

mod dependencies;
mod details;
mod environments;
mod history;
mod installed;
mod last_operation;
mod log_files;
mod operation_log;
mod packs;
mod status;
mod tree;
mod workflows;

pub use dependencies::{DependencyGraph, Direction, Edge, Path, Paths};
pub use details::{InstalledDetails, details};
pub use environments::{
    Environments, InventoryError, ListedEnvironment, executable, list_environments, pack_environments,
};
pub use history::{History, PastOperation, history, last_operation};
pub use installed::installed;
pub use last_operation::LastOperation;
pub use operation_log::{FailedOperation, SettingsChange, log_failure, log_operation};
pub use packs::{Inventory, ListedPack, PackEnvironment, list};
pub use status::EnvironmentStatus;
pub use tree::{DependencyTree, PathStep, Reasons, TreeNode, dependency_tree, reasons};
pub use workflows::{
    ListedWorkflow, ListedWorkflows, ShownWorkflow, WorkflowHome, list_workflows, show_workflow,
};

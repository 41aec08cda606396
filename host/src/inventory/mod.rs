//! The inventory of a root, for people and programs; reads only.

mod environments;
mod packs;
mod status;

pub use environments::{InventoryError, ListedEnvironment, executable, list_environments};
pub use packs::{Inventory, ListedPack, PackEnvironment, list};
pub use status::EnvironmentStatus;

//! The inventory of a root, for people and programs; reads only.

mod environments;
mod installed;
mod packs;
mod status;

pub use environments::{
    Environments, InventoryError, ListedEnvironment, executable, list_environments, pack_environments,
};
pub use installed::installed;
pub use packs::{Inventory, ListedPack, PackEnvironment, list};
pub use status::EnvironmentStatus;

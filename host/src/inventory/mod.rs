//! The inventory of a root, for people and programs; reads only.

mod disagreement;
mod environments;
mod packs;
mod status;

pub use disagreement::{Disagreement, disagreement};
pub use environments::{InventoryError, ListedEnvironment, executable, list_environments};
pub use packs::{Inventory, ListedPack, PackEnvironment, list};
pub use status::{EnvironmentStatus, record_verified};

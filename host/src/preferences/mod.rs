//! What the people of a host chose for it: the registries that it asks, and the packs that stay as they are. A generation
//! knows nothing of it.

mod policy;
mod registries;

pub use policy::{HostPolicy, POLICY_FORMAT};
pub use registries::{
    KnownRegistries, KnownRegistry, REGISTRIES_FORMAT, RegistriesError, RegistryPlace, RegistryRank,
};

//! The installation root on a host.
//!
//! ```text
//! <root>/
//!   current -> generations/42          the only link that moves
//!   packs -> current/packs             where Attune looks for packs
//!   packenvs -> current/packenvs       where it looks for environments; runtime_envs is its newer name
//!   generations/42/                    links into the store, and generation.json
//!   store/packs/<sha256>/              unpacked packs
//!   store/wheels/<sha256>/             unpacked wheels, each once
//!   store/envs/<sha256>/               environments, shared by packs with equal locks
//!   store/blobs/<registry>/            originals of releases, where they are kept
//!   state/                             attune.db, trust/, lock, log/
//!   staging/<id>/                      gone after success, failure, or the next start
//! ```

mod created_paths;
mod error;
mod holder;
mod layout;
mod left_over;
mod links;
mod lock;
mod mended;
mod name;
mod planted;
mod present;
mod regular;
mod removal;
mod sealed;

pub use created_paths::CreatedPaths;
pub use error::RootError;
pub use holder::Holder;
pub use layout::{ENTRY_LINKS, HostRoot, StoreKind, digests_in};
pub use lock::{InstallLock, LockError};
pub use planted::PlantedError;
pub use regular::read_regular;
pub use removal::{aside, exchange_trees, files_below, move_file, move_tree, remove_tree};
pub use sealed::{seal, seal_all_below, seal_below, unseal, unseal_tree};

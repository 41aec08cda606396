//! A registry directory that is published to: its keys, its indexes, its metadata.
//!
//! A publication is written in an order in which a reader never finds a link to something that is
//! not there: blobs, pack indexes, targets, snapshot, and the timestamp last.

mod adopted_roots;
mod directory;
mod error;
mod publish;
mod writing;

pub use adopted_roots::AdoptedRoots;
pub use directory::{PublishLock, RegistryDirectory};
pub use error::RegistryError;
pub use publish::{Publication, Publisher};
pub use writing::Opening;

//! A registry directory that is published to: its keys, its indexes, its metadata.
//!
//! What is published is written in an order in which a reader never finds a link to something that is
//! not there: blobs, pack indexes, targets, snapshot, and the timestamp last.

mod directory;
pub(crate) mod oci_index;
mod publish;

pub use directory::RegistryDirectory;
pub use publish::{Publication, Publisher};

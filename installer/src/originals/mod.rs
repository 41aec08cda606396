//! The originals of releases: what a publisher signed, gathered to be kept or to be written to a bundle.
//!
//! ```text
//! original  a release in a source, with its index as it was signed and the blobs that this host needs
//! head      the metadata of a registry, as hosts need it that trust any of its roots
//! keeping   the originals that an installation keeps
//! combined  a source, with what is kept in the place of what it lacks
//! ```

mod combined;
mod head;
mod keeping;
mod original;

pub use combined::WithOriginals;
pub use head::head_of;
pub use keeping::{Keeping, Places};
pub use original::{Original, WantedOriginal};

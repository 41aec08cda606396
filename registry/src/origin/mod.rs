//! The sources of packs: directories, archives and git repositories, here or elsewhere.
//!
//! ```text
//! source      a word that names a source, and what goes with it
//! index       packs looked up in indexes
//! obtain      its files, in a directory
//!   archive     fetched, held against its checksum, unpacked
//!   git         a commit, checked out by the program `git`, or without it
//!   snapshot    a checked-out commit as one file, for the cache
//!   pack_root   the directory of the pack in it
//! work_area   where that happens
//! ```
//!
//! Whatever is obtained is judged later, as any pack's directory; here it is only kept in its place: nothing that an
//! archive or repository holds is run, or written elsewhere.

mod archive;
mod error;
mod git;
mod index;
mod obtain;
mod pack_root;
#[cfg(feature = "http")]
mod snapshot;
mod source;
mod work_area;

pub use error::OriginError;
pub use git::{GitRef, GitRefError, GitUrl};
pub use index::{IndexPlace, PackIndexes};
pub use obtain::{ObtainSettings, ObtainedPack, obtain};
pub use source::{ArchiveSource, GitSource, PackSource, Place, SourceForm};
pub use work_area::{AreaInFolder, WorkArea};

//! A pack registry: plain files in a directory, in a bundle, or behind HTTP.
//!
//! One format, read the same way everywhere: [`source::Source`] fetches the files, [`trust`] vouches
//! for them, [`resolve`] picks releases, and [`blob`] and [`archive`] turn checked bytes into trees.
//! Publishing and installing are the builder's and the installer's work; here are the parts they share.
//!
//! Rooms, from the ground up; each imports from those above it in this list alone:
//!
//! ```text
//! layout report resolve atomic_file archive wheel system_libraries confinement process checksum
//! pack_directory release_check            a pack as it is written, and a release as it is published
//! blob                                     bytes by digest
//! packing                                  a pack, made into a release
//! trust: keys, state, client, publisher    metadata, and whose signatures count
//! source                                   the interface; directories, HTTP
//! bundle: read, write                      one archive, which is a source as well
//! fetch                                    downloads, kept by digest
//! origin                                   the sources of packs
//! reader                                   releases that the metadata vouches for
//! contents                                 what a registry or bundle has, to be looked at
//! ```

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests write files as they like"))]

pub mod archive;
pub mod atomic_file;
pub mod blob;
pub mod bundle;
#[cfg(any(feature = "http", feature = "origins"))]
pub mod checksum;
#[cfg(feature = "confinement")]
pub mod confinement;
#[cfg(feature = "wheels")]
pub mod contents;
#[cfg(feature = "http")]
pub mod fetch;
pub mod layout;
pub mod machine_fault;
#[cfg(feature = "origins")]
pub mod origin;
#[cfg(feature = "packs")]
pub mod pack_directory;
#[cfg(all(feature = "packs", feature = "wheels"))]
pub mod packing;
pub mod process;
pub mod reader;
#[cfg(feature = "wheels")]
pub mod release_check;
pub mod report;
pub mod resolve;
pub mod source;
pub mod system_libraries;
pub mod trust;
#[cfg(feature = "wheels")]
pub mod wheel;
pub mod workers;

pub use report::human_bytes;

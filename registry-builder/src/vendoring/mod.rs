//! Vendoring: from what a pack asks of a package index to a lock and the files that it names.
//!
//! ```text
//! configuration  how uv and npm are configured here
//! python         requirements or a committed lock -> wheels per target
//! node           package.json or a committed lock -> tarballs and their places in node_modules
//! ```
//!
//! Nothing here reads pack.yaml or writes to a registry.

mod build_failure;
mod configuration;
pub(crate) mod elf;
pub mod node;
pub mod python;
mod session;
mod settings;
mod source_tree;

pub(crate) use configuration::logins_of_caller;
pub use session::VendorSession;
pub use settings::VendorSettings;

//! The `migrations` of `pack.yaml`: scripts that bring the data of a pack from the form of one version to that of another.
//!
//! An extension of ours, which Attune's own servers pass over.
//!
//! ```text
//! migration  one entry, normalised
//! read       how the list is read
//! files      the scripts, in the pack
//! ```

mod files;
mod migration;
mod read;

pub(crate) use files::check_migration_files;
pub use migration::Migration;
pub(super) use read::read_migrations;

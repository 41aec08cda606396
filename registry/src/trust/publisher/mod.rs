//! The publisher's side: making and signing metadata.
//!
//! ```text
//! Keyring -> init_repository | Repository::{publish, refresh, publish_root} -> files to write
//! ```
//!
//! Nothing here touches a disk or a clock.

mod bins;
mod error;
mod publication;
mod repository;
mod root_draft;
mod setup;
mod signer;
mod unfinished;

pub use self::bins::{BinCount, BinCountError};
pub use self::error::PublishError;
pub use self::publication::{MetadataFiles, TargetChanges};
pub use self::repository::{Refreshed, Repository, init_repository};
pub use self::root_draft::{Progress, RootDraft};
pub use self::setup::{RegistrySetup, RoleSetup, SigningRole, SigningRoleError};

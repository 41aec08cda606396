//! Metadata that is proven, and the memory of it: roots that a person gave, and for each repository the
//! newest metadata that was accepted.
//!
//! A [`Verified`] is made by checking signatures and in no other way. How metadata is brought up to date is
//! the client's business.

mod anchor;
mod error;
mod metadata_store;
mod policy;
mod role_file;
mod seen;
mod store;
mod verified;
mod whole;

pub use self::anchor::TrustAnchor;
pub use self::error::{MetadataError, StateError};
pub use self::metadata_store::MetadataStore;
pub use self::policy::{PolicyError, TrustPolicy};
pub use self::seen::{Seen, SeenVersion};
pub use self::store::TrustStore;
pub use self::verified::Verified;

pub(super) use self::anchor::registry_name;
pub(super) use self::metadata_store::{SeenVersions, StoredFile, StoredTrust};
pub(super) use self::role_file::role_file;
pub(super) use self::verified::Authority;

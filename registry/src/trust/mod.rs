//! Who vouches for a registry's bytes: signing and verifying TUF 1.0 metadata.
//!
//! ```text
//! publisher   SigningKey -> RepositoryKeys -> Repository::{init, publish} -> files to write
//! target      TrustAnchor | TrustStore -> Client::update -> VerifiedRepository -> VerifiedTarget
//! ```
//!
//! The client follows section 5 of the TUF specification step by step, for repositories with
//! consistent snapshots; comments carry the step numbers. It writes nothing: what a successful update
//! learnt is kept by [`VerifiedRepository::persist`], once whoever asked for it has succeeded.
//! Where the files come from is the caller's business, behind [`Fetch`].

mod anchor;
mod client;
mod delegated;
mod error;
mod expiry;
mod fetch;
mod keys;
mod repository;
mod root_chain;
mod signer;
mod store;
mod verified;
mod verified_repository;
mod verify;

pub use self::anchor::TrustAnchor;
pub use self::client::{Client, UpdateOptions};
pub use self::error::TrustError;
pub use self::expiry::{ExpiryPolicy, ExpiryWaiver};
pub use self::fetch::{Fetch, FetchError, Limits};
pub use self::keys::{KeyFileError, SigningKey};
pub use self::repository::{InitOptions, Periods, Repository, RepositoryKeys, Thresholds};
pub use self::store::TrustStore;
pub use self::verified::Verified;
pub use self::verified_repository::{VerifiedRepository, VerifiedTarget, verify_target_bytes};
pub use self::verify::{ThresholdError, verify_role};

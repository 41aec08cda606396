//! Who vouches for a registry's bytes: signing and verifying TUF 1.0 metadata.
//!
//! ```text
//! publisher   Keyring -> init_repository | Repository::{publish, refresh, publish_root} -> files to write
//! target      TrustAnchor | TrustStore -> Client::update -> VerifiedRepository -> VerifiedTarget
//! any TUF     MetadataStore -> Updater::refresh -> TrustedSet -> VerifiedTarget
//! ```
//!
//! The client follows section 5 of the TUF specification step by step; comments carry the step numbers.
//! [`Client`] is that workflow for registries: it writes nothing, and what a successful update learnt is
//! kept by [`VerifiedRepository::persist`], once whoever asked for it has succeeded. Where the files come
//! from is the caller's business, behind [`Fetch`].

mod advice;
mod anchor;
mod bins;
mod client;
mod delegated;
mod described;
mod error;
mod expiry;
mod fetch;
mod keys;
mod metadata_store;
mod policy;
mod public_key;
mod publication;
mod repository;
mod rollback;
mod root_chain;
mod root_draft;
mod seen;
mod setup;
mod signer;
mod store;
mod trusted_set;
mod updater;
mod verified;
mod verified_repository;
mod verify;

pub use self::anchor::TrustAnchor;
pub use self::bins::{BinCount, BinCountError};
pub use self::client::Client;
pub use self::error::TrustError;
pub use self::expiry::{ExpiryPolicy, ExpiryWaiver, Freshness, TrustedTime, Verdict};
pub use self::fetch::{Fetch, FetchError, Limits};
pub use self::keys::{
    KeyError, KeyFile, KeySecret, Keyring, LockedKey, Passphrase, PassphraseSource, SharedKey, Sign,
    SigningKey,
};
pub use self::metadata_store::MetadataStore;
pub use self::policy::{PolicyError, TrustPolicy};
pub use self::public_key::{has_signed, read_public_key};
pub use self::repository::{MetadataFiles, Refreshed, Repository, TargetChanges, init_repository};
pub use self::root_draft::{Progress, RootDraft};
pub use self::seen::{Seen, SeenVersion};
pub use self::setup::{RegistrySetup, RoleSetup, SigningRole, SigningRoleError};
pub use self::store::TrustStore;
pub use self::trusted_set::{TrustedSet, VerifiedTarget};
pub use self::updater::{Persistence, UpdateOptions, Updater};
pub use self::verified::Verified;
pub use self::verified_repository::VerifiedRepository;
pub use self::verify::{ThresholdError, verify_role};

//! Who vouches for a registry's bytes: signing and verifying TUF 1.0 metadata.
//!
//! ```text
//! publisher   Keyring -> init_repository | Repository::{publish, refresh, publish_root} -> files to write
//! client      TrustAnchor | TrustStore -> Client::update -> VerifiedRepository -> VerifiedTarget
//!             MetadataStore -> Updater::refresh -> TrustedSet -> VerifiedTarget      (any TUF repository)
//! state       metadata that is proven, and the part of it that a host keeps
//! keys        keys that sign, their files, and signatures counted against a threshold
//! ```
//!
//! Each room imports from those below it alone. The client follows section 5 of the TUF specification step
//! by step; comments carry the step numbers.

mod client;
mod keys;
mod publisher;
mod state;

pub use self::client::{
    Client, ExpiryPolicy, ExpiryWaiver, Fetch, FetchError, Fetched, Freshness, Limits, Persistence,
    TrustError, TrustedSet, TrustedTime, UpdateOptions, Updater, Verdict, VerifiedRepository, VerifiedTarget,
};
pub use self::keys::{
    KeyError, KeyFile, KeySecret, Keyring, LockedKey, Passphrase, PassphraseSource, SharedKey, Sign,
    SigningKey, ThresholdError, has_signed, read_public_key, verify_role,
};
pub use self::publisher::{
    BinCount, BinCountError, MetadataFiles, Progress, PublishError, Refreshed, RegistrySetup, Repository,
    RoleSetup, RootDraft, SigningRole, SigningRoleError, TargetChanges, init_repository,
};
pub use self::state::{
    MetadataError, MetadataStore, PolicyError, Seen, SeenVersion, StateError, TrustAnchor, TrustPolicy,
    TrustStore, Verified,
};

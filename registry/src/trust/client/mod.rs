//! The reader's side: the client workflow of TUF, and the client of a registry.
//!
//! [`Client`] is that workflow for registries: it writes nothing, and the outcome of a successful update is
//! kept by [`VerifiedRepository::persist`], once the caller has succeeded. The files come through [`Fetch`],
//! which the caller implements.

mod delegated;
mod described;
mod error;
mod expiry;
mod fetch;
mod keeper;
mod registry_client;
mod rollback;
mod root_chain;
mod trusted_set;
mod update_options;
mod updater;
mod verified_repository;

pub use self::error::TrustError;
pub use self::expiry::{ExpiryPolicy, ExpiryWaiver, Freshness, TrustedTime, Verdict};
pub use self::fetch::{Fetch, FetchError, Fetched, Limits};
pub use self::keeper::Persistence;
pub use self::registry_client::Client;
pub use self::trusted_set::{TrustedSet, VerifiedTarget};
pub use self::update_options::UpdateOptions;
pub use self::updater::Updater;
pub use self::verified_repository::VerifiedRepository;

pub(super) use self::fetch::fetch_required;
pub(super) use self::root_chain::RootRules;

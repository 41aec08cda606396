//! The client of a registry: TUF's workflow, and the name by which hosts remember whom they trust.
//!
//! It stands before everything that reads a registry or a bundle. It fetches no targets and writes
//! nothing: the outcome of an update is kept by [`VerifiedRepository::persist`], once the caller has
//! succeeded.

use crate::trust::state::{SeenVersions, StoredTrust, TrustAnchor, TrustStore};

use super::error::TrustError;
use super::fetch::Fetch;
use super::keeper::{Keeper, Persistence};
use super::root_chain::RootRules;
use super::update_options::UpdateOptions;
use super::updater::Updater;
use super::verified_repository::VerifiedRepository;

/// The trusted metadata of a registry, about to be brought up to date.
#[derive(Debug)]
pub struct Client {
    updater: Updater,
}

impl Client {
    /// Starts from the metadata in `store`, or on first use from `anchor` (TUF 5.2). If the store holds a
    /// root, that root wins, and the anchor must be one of the roots it leads to.
    pub fn open(store: &TrustStore, anchor: Option<&TrustAnchor>) -> Result<Self, TrustError> {
        let trusted = match (store.load()?, anchor) {
            (Some(trusted), _) => trusted,
            (None, Some(anchor)) if anchor.registry_name() == store.registry() => from_anchor(anchor),
            _ => return Err(TrustError::NoTrustAnchor { registry: store.registry().clone() }),
        };
        let updater = Updater {
            trusted,
            keeper: Keeper { store: Some(store.metadata().clone()), persistence: Persistence::OnRequest },
            rules: RootRules::OneRegistry,
            given: anchor.map(|anchor| anchor.root().clone()),
        };
        Ok(Self { updater })
    }

    /// Starts from the root in `store`, with no memory of the versions of anything else: for reading content that is
    /// known by its digest, however old the metadata is that lists it.
    ///
    /// # Errors
    /// The store holds no root, or cannot be read.
    pub fn by_root_in(store: &TrustStore) -> Result<Self, TrustError> {
        let known = store.load()?;
        let known = known.ok_or_else(|| TrustError::NoTrustAnchor { registry: store.registry().clone() })?;
        let updater = Updater {
            trusted: StoredTrust { root: known.root, seen: SeenVersions::default() },
            keeper: Keeper { store: None, persistence: Persistence::OnRequest },
            rules: RootRules::OneRegistry,
            given: None,
        };
        Ok(Self { updater })
    }

    /// Starts from `anchor` alone, with no memory of versions seen before: for looking at a registry, not
    /// for installing from it.
    pub fn without_store(anchor: &TrustAnchor) -> Self {
        let updater = Updater {
            trusted: from_anchor(anchor),
            keeper: Keeper { store: None, persistence: Persistence::OnRequest },
            rules: RootRules::OneRegistry,
            given: None,
        };
        Self { updater }
    }

    /// Fetches and checks the newest root, timestamp, snapshot and top-level targets.
    pub fn update(
        self,
        source: &dyn Fetch,
        options: &UpdateOptions,
    ) -> Result<VerifiedRepository, TrustError> {
        VerifiedRepository::new(self.updater.refresh(source, options)?)
    }
}

fn from_anchor(anchor: &TrustAnchor) -> StoredTrust {
    StoredTrust { root: anchor.root().clone(), seen: SeenVersions::default() }
}

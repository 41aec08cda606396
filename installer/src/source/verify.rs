//! Holds a source's metadata against what this host trusts.

use std::io;
use std::path::PathBuf;

use attune_host::local::LocalRegistry;
use attune_host::root::HostRoot;
use attune_registry::reader::MetadataFetch;
use attune_registry::source::Source;
use attune_registry::trust::{
    Client, ExpiryPolicy, Fetch, FetchError, Limits, StateError, TrustAnchor, TrustError, TrustStore,
    UpdateOptions, VerifiedRepository,
};
use attune_schemas::tuf::RegistryName;
use jiff::Timestamp;

use super::verified::{VerifiedRegistry, VerifiedSource};
use crate::trust::{AnchorError, AnchorSettings, AskedGrace, FreshnessReport, Grace};

/// Why a source is not trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The root that a person gave cannot be used.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// Nothing says which root to trust.
    #[error("nothing on this host vouches for {source_name}")]
    NoTrust {
        /// The source.
        source_name: String,
    },
    /// The registry of what the host signs itself cannot be read.
    #[error("the host's own registry, `{}`, cannot be read", path.display())]
    OwnRegistry {
        /// Its directory.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The metadata is not trusted.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

impl From<StateError> for VerifyError {
    fn from(error: StateError) -> Self {
        Self::Trust(error.into())
    }
}

/// The user's word about trust.
#[derive(Debug, Clone, Default)]
pub struct TrustSettings {
    /// The root to trust on first use.
    pub anchor: AnchorSettings,
    /// How long after its expiry metadata is still accepted in this run.
    pub grace: Option<AskedGrace>,
}

/// Verifies the metadata of `source`; writes nothing.
pub fn verify(
    source: Box<dyn Source>,
    root: &HostRoot,
    settings: &TrustSettings,
    now: Timestamp,
) -> Result<VerifiedSource, VerifyError> {
    let anchor = settings.anchor.resolve(&*source)?;
    let name = registry_name(&*source, anchor.as_ref(), root)?;
    verify_as(&name, source, root, anchor.as_ref(), settings.grace, now)
}

/// Verifies the metadata of `source` as that of the registry `name`; writes nothing.
pub fn verify_as(
    name: &RegistryName,
    source: Box<dyn Source>,
    root: &HostRoot,
    anchor: Option<&TrustAnchor>,
    grace: Option<AskedGrace>,
    now: Timestamp,
) -> Result<VerifiedSource, VerifyError> {
    let registry = verified_registry(name, &*source, root, anchor, grace, now)?;
    Ok(VerifiedSource::of_one(source, registry))
}

/// The metadata of a source, and how fresh it was, of a source that is only looked at.
pub struct JudgedSource {
    /// The metadata.
    pub repository: VerifiedRepository,
    /// How fresh it was.
    pub freshness: FreshnessReport,
}

/// Holds the metadata of `source` against what this host trusts, as an installation does; writes nothing.
///
/// # Errors
/// It is not trusted.
pub fn judge(
    source: &dyn Source,
    root: &HostRoot,
    settings: &TrustSettings,
    now: Timestamp,
) -> Result<JudgedSource, VerifyError> {
    let anchor = settings.anchor.resolve(source)?;
    let name = registry_name(source, anchor.as_ref(), root)?;
    let VerifiedRegistry { repository, grace, .. } =
        verified_registry(&name, source, root, anchor.as_ref(), settings.grace, now)?;
    let freshness = FreshnessReport::new(&repository.freshness(), &grace);
    Ok(JudgedSource { repository, freshness })
}

fn verified_registry(
    name: &RegistryName,
    source: &dyn Source,
    root: &HostRoot,
    anchor: Option<&TrustAnchor>,
    grace: Option<AskedGrace>,
    now: Timestamp,
) -> Result<VerifiedRegistry, VerifyError> {
    let store = TrustStore::new(&root.trust(), name);
    let client = Client::open(&store, anchor)?;
    let mut options = UpdateOptions::at(now);
    let grace = Grace { asked: grace, policy: store.policy()? };
    options.expiry = grace.expiry();
    let repository = client.update(&MetadataFetch(source), &options)?;
    Ok(VerifiedRegistry { repository, store: Some(store), grace })
}

/// Verifies the metadata of a source of content whose digests are known already: signed by whom this host trusts, of
/// whatever age. Nothing of it is to be kept, and nothing that it lists to be chosen.
pub fn verify_of_any_age(
    source: Box<dyn Source>,
    root: &HostRoot,
    now: Timestamp,
) -> Result<VerifiedSource, VerifyError> {
    let name = registry_name(&*source, None, root)?;
    let store = TrustStore::new(&root.trust(), &name);
    let client = Client::by_root_in(&store)?;
    let options = UpdateOptions { expiry: ExpiryPolicy::IGNORE, ..UpdateOptions::at(now) };
    let repository = client.update(&MetadataFetch(&*source), &options)?;
    let grace = Grace { asked: None, policy: store.policy()? };
    Ok(VerifiedSource::of_one(source, VerifiedRegistry { repository, store: Some(store), grace }))
}

/// Which trusted registry the source should be; only ever narrows what is tried.
fn registry_name(
    source: &dyn Source,
    anchor: Option<&TrustAnchor>,
    root: &HostRoot,
) -> Result<RegistryName, VerifyError> {
    if let Some(anchor) = anchor {
        return Ok(anchor.registry_name().clone());
    }
    if let Some(description) = source.description() {
        return description.registry.parse().map_err(|_| VerifyError::NoTrust { source_name: source.name() });
    }
    match &TrustStore::registries(&root.trust())?[..] {
        [only] => Ok(only.clone()),
        _ => name_by_first_root(source, root),
    }
}

/// The trusted registry that the first root of `source` names; as that root may be anybody's, it only ever narrows what
/// is tried.
///
/// # Errors
/// None of that name is trusted, or the source cannot be read.
pub fn name_by_first_root(source: &dyn Source, root: &HostRoot) -> Result<RegistryName, VerifyError> {
    let known = TrustStore::registries(&root.trust())?;
    let named = if known.is_empty() { None } else { first_root_name(source)? };
    match (named, &known[..]) {
        (Some(name), known) if known.contains(&name) => Ok(name),
        // A registry may have lost its oldest roots.
        (None, [only]) => Ok(only.clone()),
        _ => Err(VerifyError::NoTrust { source_name: source.name() }),
    }
}

/// The name in the first root of `source`, which nobody has vouched for.
fn first_root_name(source: &dyn Source) -> Result<Option<RegistryName>, VerifyError> {
    let name = "1.root.json";
    let bytes = match MetadataFetch(source).fetch(name, Limits::default().root_bytes) {
        Err(FetchError::Forbidden(_)) => None,
        fetched => fetched.map_err(|source| TrustError::Fetch { file: name.to_owned(), source })?,
    };
    let root = bytes.and_then(|bytes| TrustAnchor::from_root_bytes(&bytes).ok());
    Ok(root.map(|root| root.registry_name().clone()))
}

/// Verifies what the host signed itself, whose first root is `anchor`: nothing is kept of it, as nobody else could have
/// signed it.
pub(super) fn verify_own(
    source: &dyn Source,
    anchor: &TrustAnchor,
    now: Timestamp,
) -> Result<VerifiedRegistry, VerifyError> {
    // A host whose clock was wrong once would not have its own packs any more.
    let options = UpdateOptions { expiry: ExpiryPolicy::IGNORE, ..UpdateOptions::at(now) };
    let repository = Client::without_store(anchor).update(&MetadataFetch(source), &options)?;
    Ok(VerifiedRegistry { repository, store: None, grace: Grace::default() })
}

/// What the host signed itself, verified; `None` where it never signed.
///
/// # Errors
/// It is damaged.
pub fn verified_own(root: &HostRoot, now: Timestamp) -> Result<Option<VerifiedSource>, VerifyError> {
    let own = LocalRegistry::of(root);
    if !own.exists() {
        return Ok(None);
    }
    let anchor = own.anchor().map_err(|source| VerifyError::OwnRegistry { path: own.path(), source })?;
    let source = own.source();
    let registry = verify_own(&source, &anchor, now)?;
    Ok(Some(VerifiedSource::of_one(Box::new(source), registry)))
}

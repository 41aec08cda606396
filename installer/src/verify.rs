//! Holds a source's metadata against what this host trusts.

use std::path::{Path, PathBuf};

use attune_registry::blob::Durability;
use attune_registry::reader::{MetadataFetch, RegistryReader};
use attune_registry::source::Source;
use attune_registry::trust::{
    Client, ExpiryPolicy, TrustAnchor, TrustError, TrustStore, UpdateOptions, VerifiedRepository,
};
use attune_schemas::tuf::RegistryName;
use jiff::Timestamp;

use crate::error::InstallError;
use crate::host::HostRoot;

/// What the user says about trust.
#[derive(Debug, Clone, Default)]
pub struct TrustSettings {
    /// A root metadata file to trust on first use.
    pub anchor: Option<PathBuf>,
    /// How long after its expiry metadata is still accepted.
    pub expiry: ExpiryPolicy,
}

/// A source whose metadata is vouched for by a trusted root.
pub struct VerifiedSource {
    source: Box<dyn Source>,
    repository: VerifiedRepository,
    store: TrustStore,
}

/// Verifies the metadata of `source`; writes nothing.
pub fn verify(
    source: Box<dyn Source>,
    root: &HostRoot,
    settings: &TrustSettings,
    now: Timestamp,
) -> Result<VerifiedSource, InstallError> {
    let anchor = settings.anchor.as_deref().map(read_anchor).transpose()?;
    let name = registry_name(&*source, anchor.as_ref(), root)?;
    let store = TrustStore::new(&root.trust(), &name);
    let client = Client::open(&store, anchor.as_ref())?;
    let mut options = UpdateOptions::at(now);
    options.expiry = settings.expiry;
    let repository = client.update(&MetadataFetch(&*source), &options)?;
    Ok(VerifiedSource { source, repository, store })
}

pub(crate) fn read_anchor(path: &Path) -> Result<TrustAnchor, InstallError> {
    let bytes =
        fs_err::read(path).map_err(|source| InstallError::TrustFile { path: path.to_owned(), source })?;
    TrustAnchor::from_root_bytes(&bytes)
        .map_err(|source| InstallError::NotARootFile { path: path.to_owned(), source })
}

/// Which trusted registry the source should be; only ever narrows what is tried.
fn registry_name(
    source: &dyn Source,
    anchor: Option<&TrustAnchor>,
    root: &HostRoot,
) -> Result<RegistryName, InstallError> {
    if let Some(anchor) = anchor {
        return Ok(anchor.registry_name().clone());
    }
    if let Some(description) = source.description() {
        return description
            .registry
            .parse()
            .map_err(|_| InstallError::NoTrust { source_name: source.name() });
    }
    let mut known = TrustStore::registries(&root.trust())?;
    match (known.pop(), known.pop()) {
        (Some(only), None) => Ok(only),
        _ => Err(InstallError::NoTrust { source_name: source.name() }),
    }
}

impl VerifiedSource {
    /// The registry's name, as its root says.
    pub fn registry(&self) -> &RegistryName {
        self.repository.registry_name()
    }

    /// Reads as far as the metadata vouches.
    pub fn reader(&mut self) -> RegistryReader<'_> {
        RegistryReader::new(&mut *self.source, &self.repository)
    }

    /// The source itself, for its blobs.
    pub fn source(&mut self) -> &mut dyn Source {
        &mut *self.source
    }

    /// Expired metadata that was accepted, each in one line.
    pub fn waivers(&self) -> Vec<String> {
        let waivers = self.repository.expiry_waivers();
        waivers.iter().map(|waiver| format!("{} expired {}", waiver.role, waiver.expired_at)).collect()
    }

    /// Leaves what this source taught in `directory`, to be taken over once the install is committed.
    pub fn persist_to(&self, directory: &Path, durability: Durability) -> Result<(), TrustError> {
        let store = TrustStore::new(directory, self.registry()).with_durability(durability);
        self.repository.persist(&store).map(|_| ())
    }

    /// Keeps what this source taught, so that nothing older is accepted later; writes only changes.
    pub fn persist(&self) -> Result<(), TrustError> {
        self.repository.persist(&self.store).map(|_| ())
    }
}

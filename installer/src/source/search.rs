//! The search for packs over the registries that a host knows, in their order.
//!
//! A registry that cannot be read ends the search: whoever could keep a registry from answering would otherwise choose
//! that a pack of the same name comes from a later one.

use attune_host::preferences::{KnownRegistries, KnownRegistry};
use attune_host::process::Interrupt;
use attune_host::root::HostRoot;
use attune_registry::reader::ReaderError;
use attune_registry::source::{Netrc, SourceError};
use attune_schemas::tuf::RegistryName;
use jiff::Timestamp;

use super::verify::verify_as;
use super::{SourceLocation, VerifiedSource, VerifyError};
use crate::trust::AskedGrace;

/// Why a pack could not be looked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// The source that was named is not what its metadata says.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// A known registry cannot be read.
    #[error("registry `{registry}` at {place} cannot be read, and none after it is asked in its place")]
    Registry {
        /// The registry.
        registry: RegistryName,
        /// Where it is, as it may be shown.
        place: String,
        /// The cause.
        #[source]
        source: Box<OpenError>,
    },
}

/// Why a known registry cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It cannot be reached.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Its metadata is not trusted.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A file is not what its metadata says.
    #[error(transparent)]
    Reader(#[from] ReaderError),
}

/// How known registries are opened.
#[derive(Debug, Clone)]
pub struct SearchSettings {
    /// The host.
    pub root: HostRoot,
    /// The logins of the caller.
    pub netrc: Netrc,
    /// How long after its expiry metadata is accepted.
    pub grace: Option<AskedGrace>,
    /// The time that metadata is judged by.
    pub now: Timestamp,
    /// Tells when to stop.
    pub interrupt: Interrupt,
}

/// The known registries, in the order in which they are asked.
#[derive(Debug)]
pub struct RegistrySearch {
    /// Each with its number, once it was opened.
    registries: Vec<(KnownRegistry, Option<usize>)>,
    settings: SearchSettings,
}

impl RegistrySearch {
    /// The search over `known`, or over the one of them called `only`.
    pub fn new(known: &KnownRegistries, only: Option<&RegistryName>, settings: SearchSettings) -> Self {
        let wanted = known.iter().filter(|registry| only.is_none_or(|only| registry.name == *only));
        Self { registries: wanted.map(|registry| (registry.clone(), None)).collect(), settings }
    }

    /// The search over those of `known` that are called `names`, in the order of these.
    pub fn among(known: &KnownRegistries, names: &[RegistryName], settings: SearchSettings) -> Self {
        let wanted = names.iter().filter_map(|name| known.get(name).ok());
        Self { registries: wanted.map(|registry| (registry.clone(), None)).collect(), settings }
    }

    /// The registries, in their order.
    pub fn registries(&self) -> impl Iterator<Item = &KnownRegistry> {
        self.registries.iter().map(|(registry, _)| registry)
    }

    /// Whether the registry called `name` is one of them.
    pub fn knows(&self, name: &str) -> bool {
        self.registries().any(|registry| registry.name.as_str() == name)
    }

    /// Opens and verifies the registry of this rank.
    ///
    /// # Errors
    /// It cannot be read, or is not trusted.
    pub fn open(&self, rank: usize) -> Result<VerifiedSource, OpenError> {
        let SearchSettings { root, netrc, grace, now, interrupt } = &self.settings;
        let (registry, _) = &self.registries[rank];
        let source = SourceLocation::of_place(&registry.place, netrc).open(interrupt)?;
        Ok(verify_as(&registry.name, source, root, None, *grace, *now)?)
    }

    pub(super) fn len(&self) -> usize {
        self.registries.len()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.settings.now
    }

    pub(super) fn is_wanted(&self, rank: usize, only: Option<&str>) -> bool {
        only.is_none_or(|only| self.registries[rank].0.name.as_str() == only)
    }

    pub(super) fn number(&self, rank: usize) -> Option<usize> {
        self.registries[rank].1
    }

    pub(super) fn note(&mut self, rank: usize, number: usize) {
        self.registries[rank].1 = Some(number);
    }

    pub(super) fn unreadable(&self, rank: usize, error: OpenError) -> FindError {
        let (registry, _) = &self.registries[rank];
        FindError::Registry {
            registry: registry.name.clone(),
            place: format!("`{}`", registry.place),
            source: Box::new(error),
        }
    }
}

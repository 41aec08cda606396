//! Holds a source's metadata against what this host trusts.

use std::path::Path;

use attune_host::root::HostRoot;
use attune_registry::blob::Durability;
use attune_registry::reader::{MetadataFetch, ReaderError, RegistryReader, VerifiedRelease};
use attune_registry::source::Source;
use attune_registry::trust::{
    Client, ExpiryPolicy, Fetch, FetchError, Limits, StateError, TrustAnchor, TrustError, TrustStore,
    UpdateOptions, VerifiedRepository,
};
use attune_schemas::PackRef;
use attune_schemas::pack_index::{PackIndex, Release};
use attune_schemas::runtime_index::{RuntimeName, RuntimeRelease};
use attune_schemas::tuf::RegistryName;
use jiff::Timestamp;

use super::places::Places;
use super::search::{FindError, OpenError, RegistrySearch};
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

/// A source whose metadata is vouched for by a trusted root: one that was named, or the registries that the host knows,
/// one after the other as packs are looked for.
pub struct VerifiedSource {
    places: Places,
    /// By the number of their place.
    registries: Vec<VerifiedRegistry>,
    /// The known registries, where no source was named.
    search: Option<RegistrySearch>,
}

/// The metadata of a registry.
struct VerifiedRegistry {
    repository: VerifiedRepository,
    store: TrustStore,
    grace: Grace,
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
    let store = TrustStore::new(&root.trust(), name);
    let client = Client::open(&store, anchor)?;
    let mut options = UpdateOptions::at(now);
    let grace = Grace { asked: grace, policy: store.policy()? };
    options.expiry = grace.expiry();
    let repository = client.update(&MetadataFetch(&*source), &options)?;
    Ok(VerifiedSource::of_one(source, VerifiedRegistry { repository, store, grace }))
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
    Ok(VerifiedSource::of_one(source, VerifiedRegistry { repository, store, grace }))
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

impl VerifiedSource {
    fn of_one(source: Box<dyn Source>, registry: VerifiedRegistry) -> Self {
        Self { places: Places::of_one(source), registries: vec![registry], search: None }
    }

    /// The registries of `search`, none of which is asked yet.
    pub fn of_known(search: RegistrySearch) -> Self {
        Self { places: Places::default(), registries: Vec::new(), search: Some(search) }
    }

    /// The name of the registry that was named, or else of the first that was asked, as its root says.
    ///
    /// # Panics
    /// None was named, and none was asked yet.
    pub fn registry(&self) -> &RegistryName {
        self.registry_at(0)
    }

    /// The name of the registry with this number.
    pub fn registry_at(&self, number: usize) -> &RegistryName {
        self.registries[number].repository.registry_name()
    }

    /// The known registries, where no source was named.
    pub fn search(&self) -> Option<&RegistrySearch> {
        self.search.as_ref()
    }

    /// Reads the source that was named as far as the metadata vouches.
    pub fn reader(&mut self) -> RegistryReader<'_> {
        self.reader_at(0)
    }

    /// Reads the registry with this number as far as its metadata vouches.
    pub fn reader_at(&mut self, number: usize) -> RegistryReader<'_> {
        RegistryReader::new(self.places.at(number), &self.registries[number].repository)
    }

    /// The index of `pack`, with the number of the registry that it is of: of the known ones the first that has it, or
    /// the one called `only`. None where there is no such pack.
    ///
    /// # Errors
    /// A registry that comes before cannot be read: what it has is unknown, so no other is asked in its place.
    pub fn find(
        &mut self,
        pack: &PackRef,
        only: Option<&str>,
    ) -> Result<Option<(usize, PackIndex)>, FindError> {
        self.first(only, |reader| reader.pack_index(pack))
    }

    /// The interpreters of `runtime` that are carried: of the known registries by the first that carries any.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn runtime_releases(&mut self, runtime: RuntimeName) -> Result<Vec<RuntimeRelease>, FindError> {
        let found = self.first(None, |reader| reader.runtime_index(runtime))?;
        let Some((number, index)) = found else { return Ok(Vec::new()) };
        for release in &index.releases {
            self.places.has(number, release.archive.digest);
        }
        Ok(index.releases)
    }

    /// The release that `release` of the index of `pack` in the registry with this number points to.
    ///
    /// # Errors
    /// It is not what the index says, or cannot be read.
    pub fn release_at(
        &mut self,
        number: usize,
        pack: &PackRef,
        release: &Release,
    ) -> Result<VerifiedRelease, ReaderError> {
        let verified = self.reader_at(number).release(pack, release)?;
        for layer in &verified.manifest.layers {
            self.places.has(number, layer.digest);
        }
        Ok(verified)
    }

    /// The packs that the metadata fetched so far lists.
    pub fn known_packs(&mut self) -> Vec<PackRef> {
        (0..self.registries.len()).flat_map(|number| self.reader_at(number).known_packs()).collect()
    }

    /// What `ask` finds first.
    fn first<T>(
        &mut self,
        only: Option<&str>,
        ask: impl Fn(&RegistryReader<'_>) -> Result<Option<T>, ReaderError>,
    ) -> Result<Option<(usize, T)>, FindError> {
        let Some(search) = &self.search else {
            return Ok(ask(&self.reader_at(0))?.map(|found| (0, found)));
        };
        for rank in 0..search.len() {
            if !self.search.as_ref().is_some_and(|search| search.is_wanted(rank, only)) {
                continue;
            }
            let number = self.number_of(rank)?;
            let asked = ask(&self.reader_at(number));
            if let Some(found) = asked.map_err(|error| self.unreadable(rank, error.into()))? {
                return Ok(Some((number, found)));
            }
        }
        Ok(None)
    }

    /// The number of the known registry of this rank, which is opened if it is not open yet; that of the source that
    /// was named is 0.
    pub(super) fn number_of(&mut self, rank: usize) -> Result<usize, FindError> {
        match self.search.as_ref().map(|search| search.number(rank)) {
            None => Ok(0),
            Some(Some(number)) => Ok(number),
            Some(None) => self.open(rank),
        }
    }

    /// Opens and verifies the known registry of this rank, and returns its number.
    fn open(&mut self, rank: usize) -> Result<usize, FindError> {
        let opened = self.search.as_ref().map(|search| search.open(rank));
        let opened = opened.expect("only known registries are opened");
        let Self { mut places, registries, .. } = opened.map_err(|error| self.unreadable(rank, error))?;
        let number = self.registries.len();
        self.places.push(places.take_first());
        self.registries.extend(registries);
        if let Some(search) = &mut self.search {
            search.note(rank, number);
        }
        Ok(number)
    }

    /// The failure to read the known registry of this rank, or the source that was named.
    pub(super) fn unreadable_at(&self, rank: usize, error: ReaderError) -> FindError {
        if self.search.is_some() { self.unreadable(rank, error.into()) } else { error.into() }
    }

    fn unreadable(&self, rank: usize, error: OpenError) -> FindError {
        let search = self.search.as_ref().expect("only known registries are searched");
        search.unreadable(rank, error)
    }

    pub(super) fn source_at(&mut self, number: usize) -> &mut dyn Source {
        self.places.at(number)
    }

    /// The source itself, for its blobs.
    pub fn source(&mut self) -> &mut dyn Source {
        &mut self.places
    }

    /// How fresh the metadata is that was accepted so far.
    pub fn freshness(&self) -> FreshnessReport {
        let reports = self.registries.iter();
        let reports = reports.map(|VerifiedRegistry { repository, grace, .. }| {
            FreshnessReport::new(&repository.freshness(), grace)
        });
        reports.reduce(FreshnessReport::and).unwrap_or_else(|| {
            let clock = self.search.as_ref().map_or(Timestamp::UNIX_EPOCH, RegistrySearch::now);
            FreshnessReport::of_nothing(clock)
        })
    }

    /// Leaves what this source taught in `directory`, to be taken over once the install is committed.
    pub fn persist_to(&self, directory: &Path, durability: Durability) -> Result<(), TrustError> {
        for VerifiedRegistry { repository, .. } in &self.registries {
            let store = TrustStore::new(directory, repository.registry_name()).with_durability(durability);
            repository.persist(&store)?;
        }
        Ok(())
    }

    /// Keeps what this source taught, so that nothing older is accepted later; writes only changes.
    pub fn persist(&self) -> Result<(), TrustError> {
        for VerifiedRegistry { repository, store, .. } in &self.registries {
            repository.persist(store)?;
        }
        Ok(())
    }
}

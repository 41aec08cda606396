//! A source whose metadata is vouched for, as packs are looked for and fetched from it.

use std::path::Path;

use attune_registry::blob::Durability;
use attune_registry::contents::{ContentsError, Roots, roots_of};
use attune_registry::reader::{ReaderError, RegistryReader, VerifiedRelease};
use attune_registry::source::Source;
use attune_registry::trust::{TrustError, TrustStore, VerifiedRepository};
use attune_schemas::PackRef;
use attune_schemas::pack_index::{PackIndex, Release};
use attune_schemas::runtime_index::{RuntimeName, RuntimeRelease};
use attune_schemas::tuf::{RegistryName, THIS_HOST};
use jiff::Timestamp;

use super::indexes::ReadIndexes;
use super::places::Places;
use super::search::{FindError, OpenError, RegistrySearch};
use super::unsigned::SignedHere;
use crate::trust::{FreshnessReport, Grace};

/// A source whose metadata is vouched for by a trusted root: one that was named, or the registries that the host knows,
/// one after the other as packs are looked for.
pub struct VerifiedSource {
    places: Places,
    /// By the number of their place.
    registries: Vec<VerifiedRegistry>,
    /// The known registries, where no source was named.
    search: Option<RegistrySearch>,
    /// The packs that the host signed itself, with the number of their registry.
    signed_here: Option<(usize, SignedHere)>,
    pub(super) read: ReadIndexes,
}

/// The metadata of a registry.
pub(super) struct VerifiedRegistry {
    pub(super) repository: VerifiedRepository,
    /// Where what it taught is kept; none of what the host signs itself, whose files are the host's own.
    pub(super) store: Option<TrustStore>,
    pub(super) grace: Grace,
}

impl VerifiedSource {
    pub(super) fn of_one(source: Box<dyn Source>, registry: VerifiedRegistry) -> Self {
        let places = Places::of_one(source);
        let (registries, read) = (vec![registry], ReadIndexes::default());
        Self { places, registries, search: None, signed_here: None, read }
    }

    /// The registries of `search`, none of which is asked yet.
    pub fn of_known(search: RegistrySearch) -> Self {
        let (places, read) = (Places::default(), ReadIndexes::default());
        Self { places, registries: Vec::new(), search: Some(search), signed_here: None, read }
    }

    /// The same with packs that the host signed, which come before those of the same names elsewhere.
    pub(super) fn with_signed_here(
        mut self,
        signed: SignedHere,
        source: Box<dyn Source>,
        registry: VerifiedRegistry,
    ) -> Self {
        self.signed_here = Some((self.registries.len(), signed));
        self.places.push(source);
        self.registries.push(registry);
        self
    }

    /// The packs that the host signed for this operation, if there are any.
    pub fn signed_here(&self) -> Option<&SignedHere> {
        self.signed_here.as_ref().map(|(_, signed)| signed)
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

    /// The number of the registry called `name`, which is opened if it is one of the known ones; `None` if it is not here.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn number_named(&mut self, name: &RegistryName) -> Result<Option<usize>, FindError> {
        match &self.search {
            None => Ok((self.registry_at(0) == name).then_some(0)),
            Some(search) => {
                let rank = (0..search.len()).find(|rank| search.is_wanted(*rank, Some(name.as_str())));
                rank.map(|rank| self.number_of(rank)).transpose()
            }
        }
    }

    /// The known registries, where no source was named.
    pub fn search(&self) -> Option<&RegistrySearch> {
        self.search.as_ref()
    }

    /// The metadata of the registry with this number.
    pub fn repository_at(&self, number: usize) -> &VerifiedRepository {
        &self.registries[number].repository
    }

    /// The source with this number, for its files.
    pub fn source_at(&mut self, number: usize) -> &mut dyn Source {
        self.places.at(number)
    }

    /// The roots of the registry with this number.
    ///
    /// # Errors
    /// Its first root cannot be read.
    pub fn roots_at(&mut self, number: usize) -> Result<Roots, ContentsError> {
        let source = &*self.places.at(number);
        roots_of(source, Path::new(&source.name()), &self.registries[number].repository)
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
        let signed = self.signed_here.as_ref().filter(|(_, signed)| signed.has(pack));
        if let (Some(&(number, _)), true) = (signed, only.is_none_or(|only| only == THIS_HOST)) {
            return Ok(self.index_at(number, pack)?.map(|index| (number, index)));
        }
        self.first(only, |source, number| source.index_at(number, pack))
    }

    /// The interpreters of `runtime` that are carried: of the known registries by the first that carries any.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn runtime_releases(&mut self, runtime: RuntimeName) -> Result<Vec<RuntimeRelease>, FindError> {
        let found = self.first(None, |source, number| source.reader_at(number).runtime_index(runtime))?;
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
        ask: impl Fn(&mut Self, usize) -> Result<Option<T>, ReaderError>,
    ) -> Result<Option<(usize, T)>, FindError> {
        let Some(search) = &self.search else {
            return Ok(ask(self, 0)?.map(|found| (0, found)));
        };
        for rank in 0..search.len() {
            if !self.search.as_ref().is_some_and(|search| search.is_wanted(rank, only)) {
                continue;
            }
            let number = self.number_of(rank)?;
            let asked = ask(self, number);
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
        if let Some(error) = self.read.take_unopened(rank) {
            return Err(error);
        }
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
        for VerifiedRegistry { repository, .. } in
            self.registries.iter().filter(|known| known.store.is_some())
        {
            let store = TrustStore::new(directory, repository.registry_name()).with_durability(durability);
            repository.persist(&store)?;
        }
        Ok(())
    }

    /// Keeps what this source taught, so that nothing older is accepted later; writes only changes.
    pub fn persist(&self) -> Result<(), TrustError> {
        for VerifiedRegistry { repository, store, .. } in &self.registries {
            if let Some(store) = store {
                repository.persist(store)?;
            }
        }
        Ok(())
    }
}

//! All packs of a source: of known registries, one registry after the other.

use attune_registry::reader::ReaderError;
use attune_schemas::PackRef;
use attune_schemas::bundle::BundleDescription;
use attune_schemas::pack_index::{PackIndex, Release};
use attune_schemas::tuf::RegistryName;

use super::{FindError, VerifiedSource};

impl VerifiedSource {
    /// The indexes of the packs for which `is_wanted`, with the registry that each is of: in the order in which
    /// registries are asked, then by ref. Of a bundle, those releases alone that it carries.
    ///
    /// # Errors
    /// A registry cannot be read: what it has is unknown, so none after it is listed in its place.
    pub fn list(
        &mut self,
        is_wanted: &mut dyn FnMut(&RegistryName, &PackRef) -> bool,
    ) -> Result<Vec<(RegistryName, PackIndex)>, FindError> {
        let ranks = self.search().map_or(1, super::RegistrySearch::len);
        let mut listed = Vec::new();
        for rank in 0..ranks {
            let number = self.number_of(rank)?;
            let indexes = self.indexes_at(number, is_wanted);
            listed.extend(indexes.map_err(|error| self.unreadable_at(rank, error))?);
        }
        Ok(listed)
    }

    fn indexes_at(
        &mut self,
        number: usize,
        is_wanted: &mut dyn FnMut(&RegistryName, &PackRef) -> bool,
    ) -> Result<Vec<(RegistryName, PackIndex)>, ReaderError> {
        let name = self.registry_at(number).clone();
        let description = self.source_at(number).description().cloned();
        let reader = self.reader_at(number);
        let mut packs = reader.all_packs()?;
        packs.retain(|pack| is_wanted(&name, pack));
        let mut indexes = Vec::with_capacity(packs.len());
        for (pack, index) in reader.pack_indexes(&packs) {
            let mut index = index?;
            index.releases.retain(|release| is_carried(description.as_ref(), &pack, release));
            indexes.push((name.clone(), index));
        }
        Ok(indexes)
    }
}

fn is_carried(description: Option<&BundleDescription>, pack: &PackRef, release: &Release) -> bool {
    description.is_none_or(|bundle| bundle.releases.iter().any(|bundled| bundled.is(pack, release)))
}

//! The indexes of packs that were read already: each is read once in an operation, and those that are certain to be
//! asked for are read several at a time.

use std::collections::BTreeMap;

use attune_registry::reader::ReaderError;
use attune_schemas::PackRef;
use attune_schemas::pack_index::PackIndex;

use super::{FindError, VerifiedSource};

/// What was read ahead, or once before.
#[derive(Debug, Default)]
pub(super) struct ReadIndexes {
    /// By the number of the registry.
    indexes: BTreeMap<(usize, PackRef), Result<PackIndex, ReaderError>>,
    /// The known registry that could not be opened, by its rank.
    unopened: Option<(usize, FindError)>,
}

impl ReadIndexes {
    fn has(&self, number: usize, pack: &PackRef) -> bool {
        self.indexes.contains_key(&(number, pack.clone()))
    }

    /// Why the known registry of this rank could not be opened, if that was tried; told once.
    pub(super) fn take_unopened(&mut self, rank: usize) -> Option<FindError> {
        self.unopened.take_if(|(unopened, _)| *unopened == rank).map(|(_, error)| error)
    }
}

impl VerifiedSource {
    /// Reads the indexes of `packs`, as [`Self::find`] will be asked for them: several at a time, in the registries that
    /// find would ask. What goes wrong is told there.
    pub fn read_ahead<'p>(&mut self, packs: impl IntoIterator<Item = (&'p PackRef, Option<&'p str>)>) {
        // A bundle is read from front to back, and has not all that its metadata lists.
        if self.search().is_none() && self.source().description().is_some() {
            return;
        }
        let signed = self.signed_here();
        let mut wanted: Vec<_> = packs.into_iter().collect();
        wanted.retain(|(pack, _)| signed.is_none_or(|signed| !signed.has(pack)));
        for rank in 0..self.search().map_or(1, super::RegistrySearch::len) {
            let is_here = |only| self.search().is_none_or(|search| search.is_wanted(rank, only));
            let here = wanted.iter().filter(|(_, only)| is_here(*only));
            let mut here: Vec<PackRef> = here.map(|(pack, _)| (*pack).clone()).collect();
            if here.is_empty() {
                continue;
            }
            let number = match self.number_of(rank) {
                Ok(number) => number,
                Err(error) => {
                    self.read.unopened = Some((rank, error));
                    return;
                }
            };
            here.retain(|pack| !self.read.has(number, pack));
            for (pack, index) in self.reader_at(number).pack_indexes(&here) {
                let failed = index.is_err();
                self.read.indexes.insert((number, pack), index);
                if failed {
                    return;
                }
            }
            // Whatever it has is asked of no registry after it.
            wanted.retain(|(pack, _)| !self.read.has(number, pack));
        }
    }

    /// The index of `pack` in the registry with this number, which is read once.
    pub(super) fn index_at(
        &mut self,
        number: usize,
        pack: &PackRef,
    ) -> Result<Option<PackIndex>, ReaderError> {
        let place = (number, pack.clone());
        let read = match self.read.indexes.remove(&place) {
            Some(read) => read.map(Some),
            None => self.reader_at(number).pack_index(pack),
        };
        if let Ok(Some(index)) = &read {
            self.read.indexes.insert(place, Ok(index.clone()));
        }
        read
    }
}

//! The packs of a generation that need others of it.

use std::collections::BTreeSet;

use attune_schemas::{PackRef, Requirement};

use super::lock_file::Generation;

impl Generation {
    /// The packs that depend on `pack` itself, each with its requirement.
    pub fn dependents_of<'a>(
        &'a self,
        pack: &'a PackRef,
    ) -> impl Iterator<Item = (&'a PackRef, &'a Requirement)> {
        let packs = self.packs.iter();
        packs.filter_map(move |(user, installed)| Some((user, installed.dependencies.get(pack)?)))
    }

    /// `packs`, and every pack that depends on one of them, through others too.
    pub fn with_dependents(&self, packs: &BTreeSet<PackRef>) -> BTreeSet<PackRef> {
        let mut all = packs.clone();
        let mut left: Vec<PackRef> = packs.iter().cloned().collect();
        while let Some(pack) = left.pop() {
            let new = self.dependents_of(&pack).map(|(user, _)| user).filter(|user| !all.contains(*user));
            let new: Vec<PackRef> = new.cloned().collect();
            all.extend(new.iter().cloned());
            left.extend(new);
        }
        all
    }

    /// The packs that nobody asked for and that no pack needs that stays once `gone` are gone.
    pub fn unused_without(&self, gone: &BTreeSet<PackRef>) -> BTreeSet<PackRef> {
        let mut needed = BTreeSet::new();
        let requested =
            self.packs.iter().filter(|(pack, installed)| installed.requested && !gone.contains(*pack));
        let mut left: Vec<&PackRef> = requested.map(|(pack, _)| pack).collect();
        while let Some(pack) = left.pop() {
            if !gone.contains(pack) && needed.insert(pack) {
                left.extend(
                    self.packs.get(pack).into_iter().flat_map(|installed| installed.dependencies.keys()),
                );
            }
        }
        let unused = self.packs.keys().filter(|pack| !gone.contains(*pack) && !needed.contains(pack));
        unused.cloned().collect()
    }
}

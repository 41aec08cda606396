//! The trees of the store that may be used again: those that are still as a generation's list says.

use std::cell::RefCell;
use std::collections::BTreeMap;

use attune_registry::workers::in_parallel;
use attune_schemas::Digest;

use crate::generation::{Generation, InstalledPack, ListDigests};
use crate::root::{HostRoot, StoreKind};
use crate::trees::{TreeLists, TreeToExamine, examine};

/// The trees in the store of a root that is held, each looked at once.
///
/// A tree whose stamp fits was not touched since it was last read; any other is read against its list, and gets a
/// new stamp if it is whole. One that is not, or that no generation has a list of, counts as not there.
#[derive(Debug)]
pub struct StoredTrees<'a> {
    root: &'a HostRoot,
    active: &'a Generation,
    /// The lists of the other generations, once they are needed.
    others: RefCell<Option<OtherLists>>,
    known: RefCell<BTreeMap<(StoreKind, Digest), Option<Digest>>>,
    goes_by_stamps: bool,
    trusts_none: bool,
    keeps_stamps: bool,
}

impl<'a> StoredTrees<'a> {
    /// Those of `root`, whose active generation is `active`.
    pub fn new(root: &'a HostRoot, active: &'a Generation) -> Self {
        Self {
            root,
            active,
            others: RefCell::default(),
            known: RefCell::default(),
            goes_by_stamps: true,
            trusts_none: false,
            keeps_stamps: true,
        }
    }

    /// The same, each read whatever its stamp says.
    #[must_use]
    pub fn reading_all(self) -> Self {
        Self { goes_by_stamps: false, ..self }
    }

    /// The same, as if there were none.
    #[must_use]
    pub fn trusting_none(self) -> Self {
        Self { trusts_none: true, ..self }
    }

    /// The same, with no stamp of a tree that was read kept: for whoever does not hold the root.
    #[must_use]
    pub fn writing_nothing(self) -> Self {
        Self { keeps_stamps: false, ..self }
    }

    /// The root that they are of.
    pub const fn root(&self) -> &HostRoot {
        self.root
    }

    /// Whether the store lacks the tree of `digest`, or has it no longer as it was installed.
    pub fn lacks(&self, kind: StoreKind, digest: &Digest) -> bool {
        self.list_of(kind, digest).is_none()
    }

    /// The trees that were looked at and are whole, with the digests of the lists that they were held against.
    pub fn whole(&self) -> Vec<(StoreKind, Digest, Digest)> {
        let known = self.known.borrow();
        known.iter().filter_map(|((kind, digest), list)| Some((*kind, *digest, (*list)?))).collect()
    }

    /// Whether every tree and every link of an installed pack is as it was installed.
    pub fn is_whole(&self, pack: &attune_schemas::PackRef, installed: &InstalledPack) -> bool {
        self.look_at(&[installed]);
        installed.store_entries().all(|(kind, digest)| !self.lacks(kind, &digest))
            && super::links::pack_is_linked(self.root, self.active, pack)
    }

    /// Whether every tree of an installed pack is there, whatever it holds: enough for one that nobody asked for.
    pub fn are_there(&self, installed: &InstalledPack) -> bool {
        installed.store_entries().all(|(kind, digest)| self.is_there(kind, &digest))
    }

    fn is_there(&self, kind: StoreKind, digest: &Digest) -> bool {
        let is_dir =
            fs_err::symlink_metadata(self.root.store(kind, digest)).is_ok_and(|found| found.is_dir());
        // Scripts of environments carry the path of the root.
        is_dir && !(kind == StoreKind::Envs && self.active.was_moved_to(self.root))
    }

    /// Looks at the stamps of the trees of `packs` on every processor, all at once: whoever asks for one pack after
    /// another waits for less then.
    pub fn look_at(&self, packs: &[&InstalledPack]) {
        if self.trusts_none {
            return;
        }
        let unknown = |tree: &(StoreKind, Digest)| !self.known.borrow().contains_key(tree);
        let entries = packs.iter().flat_map(|installed| installed.store_entries());
        let mut trees: Vec<(StoreKind, Digest)> = entries.filter(unknown).collect();
        trees.sort_unstable();
        trees.dedup();
        let (root, lists) = (self.root, &self.active.lists);
        let moved = self.active.was_moved_to(root);
        let fits = in_parallel(&trees, |(kind, digest)| {
            let list = lists.get(*kind, digest).filter(|_| !(moved && *kind == StoreKind::Envs))?;
            let place = root.store(*kind, digest);
            TreeLists::of(root, *kind, digest).stamp_fits(&list, &place).then_some(list)
        });
        let fitting = trees.into_iter().zip(fits).filter(|(_, list)| list.is_some());
        self.known.borrow_mut().extend(fitting);
    }

    /// The digest of the list that a tree is held against and found whole by.
    fn list_of(&self, kind: StoreKind, digest: &Digest) -> Option<Digest> {
        if let Some(known) = self.known.borrow().get(&(kind, *digest)) {
            return *known;
        }
        let found = self.find_list(kind, digest);
        self.known.borrow_mut().insert((kind, *digest), found);
        found
    }

    fn find_list(&self, kind: StoreKind, digest: &Digest) -> Option<Digest> {
        if self.trusts_none || !self.is_there(kind, digest) {
            return None;
        }
        if let Some(list) = self.active.lists.get(kind, digest) {
            return self.holds(kind, digest, &list).then_some(list);
        }
        let mut others = self.others.borrow_mut();
        let others = others.get_or_insert_with(|| OtherLists::of(self.root, self.active.id));
        let mut number = 0;
        while let Some(lists) = others.get(self.root, number) {
            if let Some(list) = lists.get(kind, digest).filter(|list| self.holds(kind, digest, list)) {
                return Some(list);
            }
            number += 1;
        }
        None
    }

    /// Whether a tree is as `list` says.
    fn holds(&self, kind: StoreKind, digest: &Digest, list: &Digest) -> bool {
        let (kept, place) = (TreeLists::of(self.root, kind, digest), self.root.store(kind, digest));
        if self.goes_by_stamps && kept.stamp_fits(list, &place) {
            return true;
        }
        let Ok(loaded) = kept.load(list) else { return false };
        let examined = examine(&[TreeToExamine { place, list: loaded }], &|_| true).pop().unwrap_or_default();
        if !examined.is_whole() {
            return false;
        }
        let stamp = examined.stamp.filter(|_| self.keeps_stamps);
        let stamped = stamp.map(|stamp| kept.set_stamp(list, stamp));
        if let Some(Err(error)) = stamped {
            tracing::debug!("the tree will be read again: {error}");
        }
        true
    }
}

/// The lists of the generations that are not active, from the newest on, each read once it is needed.
#[derive(Debug)]
struct OtherLists {
    read: Vec<ListDigests>,
    /// The numbers of the others, the newest last.
    unread: Vec<u64>,
}

impl OtherLists {
    fn of(root: &HostRoot, active: u64) -> Self {
        let mut unread = root.generation_ids().unwrap_or_default();
        unread.retain(|id| *id != active);
        Self { read: Vec::new(), unread }
    }

    /// Those of generation `number`, counted from 0; none where there are no more.
    fn get(&mut self, root: &HostRoot, number: usize) -> Option<&ListDigests> {
        while self.read.len() <= number {
            let read = Generation::load(&root.generation(self.unread.pop()?));
            // Environments carry the path of the root that they were built on.
            let here = read.ok().filter(|generation| !generation.was_moved_to(root));
            self.read.extend(here.map(|generation| generation.lists));
        }
        self.read.get(number)
    }
}

//! The trees of the store that the generation uses.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use attune_registry::report::Reporter;
use attune_schemas::{Digest, PackRef};

use super::report::{Finding, Findings, HostPart};
use super::{VerificationError, Verifying};
use crate::root::StoreKind;
use crate::trees::{Content, Difference, FileList, TreeLists, TreeToExamine, examine};

/// The lists of the trees that are verified; those that cannot be read are found already.
pub(super) type Lists = BTreeMap<(StoreKind, Digest), FileList>;

/// Progress is told in steps of so many bytes, not for every file.
const STEP_BYTES: u64 = 1 << 20;

impl Verifying<'_> {
    /// The trees that are verified, each with the packs that use it.
    pub(super) fn used(&self) -> BTreeMap<(StoreKind, Digest), Vec<PackRef>> {
        let mut used: BTreeMap<_, Vec<PackRef>> = BTreeMap::new();
        for (pack, installed) in self.generation.packs.iter().filter(|(pack, _)| self.covers(pack)) {
            for tree in installed.store_entries() {
                let packs = used.entry(tree).or_default();
                if packs.last() != Some(pack) {
                    packs.push(pack.clone());
                }
            }
        }
        used.retain(|(kind, _), _| !self.options.only_environments || *kind != StoreKind::Packs);
        used
    }

    /// Reads the lists of the trees, each held against the digest that the generation names.
    pub(super) fn load_lists(&self, findings: &mut Findings) -> Lists {
        let mut lists = Lists::new();
        for (tree, packs) in self.used() {
            let (kind, digest) = tree;
            let list = match self.generation.lists.get(kind, &digest) {
                Some(list) => TreeLists::of(self.root, kind, &digest).load(&list),
                None => Err(Difference::NoList),
            };
            match list {
                Ok(list) => drop(lists.insert(tree, list)),
                Err(difference) => {
                    let place = self.root.store(kind, &digest);
                    // Nothing says what should be in a tree that is not there either.
                    let difference = if place.is_dir() { difference } else { Difference::NoTree };
                    findings.add(self.in_tree(tree, &packs, difference));
                }
            }
        }
        lists
    }

    /// Reads every file of the trees.
    pub(super) fn trees(
        &self,
        lists: &Lists,
        findings: &mut Findings,
        reporter: &dyn Reporter,
    ) -> Result<(), VerificationError> {
        let used = self.used();
        let trees = lists.iter().map(|((kind, digest), list)| TreeToExamine {
            place: self.root.store(*kind, digest),
            list: list.clone(),
        });
        let trees: Vec<TreeToExamine> = trees.collect();
        let total = lists.values().flat_map(FileList::entries).map(|entry| match &entry.content {
            Content::File { size, .. } => *size,
            _ => 0,
        });
        reporter.started("reading", Some(total.sum()));
        let waiting = AtomicU64::new(0);
        let examined = examine(&trees, &|bytes| {
            if waiting.fetch_add(bytes, Ordering::Relaxed) + bytes >= STEP_BYTES {
                reporter.advanced(waiting.swap(0, Ordering::Relaxed));
            }
            !self.options.interrupt.is_raised()
        });
        reporter.finished();
        self.options.interrupt.check()?;
        for (tree, examined) in lists.keys().zip(examined) {
            findings.count_files(*tree, examined.files);
            let packs = used.get(tree).map(Vec::as_slice).unwrap_or_default();
            for difference in examined.differences {
                findings.add(self.in_tree(*tree, packs, difference));
            }
        }
        Ok(())
    }

    fn in_tree(&self, tree: (StoreKind, Digest), packs: &[PackRef], difference: Difference) -> Finding {
        let (kind, digest) = tree;
        let finding = Finding::of_difference(HostPart::of(kind), &self.root.store(kind, &digest), difference);
        Finding { tree: Some(tree), ..finding.of(packs.iter().cloned()) }
    }
}

//! The trees that an install has put into place and not yet committed, on disk, for the next start to undo.
//!
//! `staging/<id>/journal.json`; written before each step that it records.
//!
//! To undo needs no room on the disk: trees are moved to `staging/<id>/undone/`, which is there from the start, and
//! one that cannot be moved is removed where it is.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::blob::{Durability, replace_file_with};
use attune_schemas::Digest;
use serde::{Deserialize, Serialize};

use crate::generation::Generation;
use crate::root::{HostRoot, StoreKind, digests_in, move_tree, remove_tree};

/// The journal of one staging directory.
#[derive(Debug)]
pub struct StagingJournal {
    path: PathBuf,
    entries: Entries,
    durability: Durability,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Entries {
    /// The generation that the install makes.
    generation: u64,
    /// Trees that were not in the store before.
    promoted: Vec<(StoreKind, Digest)>,
}

impl StagingJournal {
    /// An empty journal of the install that makes `generation`; nothing is written yet.
    pub fn new(staging: &Path, generation: u64, durability: Durability) -> Self {
        let entries = Entries { generation, promoted: Vec::new() };
        Self { path: staging.join("journal.json"), entries, durability }
    }

    /// Reads the journal of a staging directory that an earlier process left; `None` where it had
    /// not begun to put anything into place.
    ///
    /// Half a journal, as a power failure leaves it after an install that did not wait for the disk, says nothing:
    /// then whatever no other generation uses counts as put into place.
    pub fn load(root: &HostRoot, staging: &Path) -> io::Result<Option<Self>> {
        let path = staging.join("journal.json");
        let bytes = match fs_err::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        let entries = match serde_json::from_slice(&bytes) {
            Ok(entries) => entries,
            Err(error) => {
                tracing::warn!("`{}` is damaged, {error}: what no generation uses goes", path.display());
                let name = staging.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let generation = name.split('-').next().and_then(|number| number.parse().ok());
                // Of a directory that this program did not name nothing is known.
                let Some(generation) = generation else { return Ok(None) };
                Entries { generation, promoted: unused_without(root, generation)? }
            }
        };
        Ok(Some(Self { path, entries, durability: Durability::Synced }))
    }

    /// The generation that the install makes.
    pub fn generation(&self) -> u64 {
        self.entries.generation
    }

    /// Records that `trees` are about to be moved into the store.
    pub fn record(&mut self, trees: impl IntoIterator<Item = (StoreKind, Digest)>) -> io::Result<()> {
        self.entries.promoted.extend(trees);
        let bytes = serde_json::to_vec(&self.entries).map_err(io::Error::from)?;
        replace_file_with(&self.path, &bytes, self.durability)
    }

    /// Takes everything recorded out of `root` again, except what the active generation uses.
    ///
    /// Each tree is moved away whole before it is removed, so that the store never holds a part of one.
    pub fn undo(&self, root: &HostRoot) -> io::Result<()> {
        let active = Generation::active(root)?;
        if active.id == self.entries.generation && active.id != 0 {
            return Ok(());
        }
        let used: BTreeSet<_> = active.store_entries().collect();
        let undone = undone_in(self.path.parent().expect("a journal is in its staging directory"));
        for (index, entry) in self.entries.promoted.iter().enumerate() {
            if !used.contains(entry) {
                let (kind, digest) = entry;
                take_out(&root.store(*kind, digest), &undone, &index.to_string())?;
                take_out(&root.lists(*kind, digest), &undone, &format!("{index}-lists"))?;
            }
        }
        take_out(&root.generation(self.entries.generation), &undone, "generation")?;
        remove_tree(&undone)
    }
}

/// Where trees go that are taken out of the store again.
pub(super) fn undone_in(staging: &Path) -> PathBuf {
    staging.join("undone")
}

/// Takes a tree out whole, or where a full or failing disk does not let it be moved, piece by piece: while there is a
/// journal nobody takes a part for a whole.
fn take_out(tree: &Path, undone: &Path, name: &str) -> io::Result<()> {
    // A move that finds nothing must mean that the tree is not there.
    if undone.is_dir() && move_tree(tree, &undone.join(name)).is_ok() {
        return Ok(());
    }
    remove_tree(tree)
}

/// The entries of the store that no generation but `generation` uses.
fn unused_without(root: &HostRoot, generation: u64) -> io::Result<Vec<(StoreKind, Digest)>> {
    let mut used = BTreeSet::new();
    for id in root.generation_ids()?.into_iter().filter(|id| *id != generation) {
        used.extend(Generation::load(&root.generation(id))?.store_entries());
    }
    let mut unused = Vec::new();
    for kind in StoreKind::ALL {
        let there = digests_in(&root.store_part(kind))?.into_iter();
        unused.extend(there.map(|digest| (kind, digest)).filter(|entry| !used.contains(entry)));
    }
    Ok(unused)
}

//! The trees that an install has put into place and not yet committed, on disk, for the next start to undo.
//!
//! `staging/<id>/journal.json`; written before each step that it records.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::blob::{Durability, replace_file_with};
use attune_schemas::Digest;
use serde::{Deserialize, Serialize};

use crate::generation::Generation;
use crate::root::{HostRoot, StoreKind, move_tree, remove_tree};

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
    pub fn load(staging: &Path) -> io::Result<Option<Self>> {
        let path = staging.join("journal.json");
        match fs_err::read(&path) {
            Ok(bytes) => {
                let entries = serde_json::from_slice(&bytes).map_err(io::Error::from)?;
                Ok(Some(Self { path, entries, durability: Durability::Synced }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
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
        let undone = self.path.with_file_name("undone");
        fs_err::create_dir_all(&undone)?;
        for (index, entry) in self.entries.promoted.iter().enumerate() {
            if !used.contains(entry) {
                let (kind, digest) = entry;
                move_tree(&root.store(*kind, digest), &undone.join(index.to_string()))?;
                move_tree(&root.lists(*kind, digest), &undone.join(format!("{index}-lists")))?;
            }
        }
        move_tree(&root.generation(self.entries.generation), &undone.join("generation"))?;
        remove_tree(&undone)
    }
}

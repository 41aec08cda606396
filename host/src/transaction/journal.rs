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
use attune_schemas::problem::WarningCode;
use serde::{Deserialize, Serialize};

use super::staging::staged_tree;
use crate::generation::Generation;
use crate::root::{HostRoot, StoreKind, aside, digests_in, move_tree, read_regular, remove_tree, seal};

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
    /// Trees that took the place of what the store had under their name, or had lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    replaced: Vec<(StoreKind, Digest)>,
    /// Environments that stay writable.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    open: BTreeSet<Digest>,
    /// Work outside the root that was begun, which nobody here can undo, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    outside: Vec<String>,
}

impl StagingJournal {
    /// An empty journal of the install that makes `generation`; nothing is written yet.
    pub fn new(staging: &Path, generation: u64, durability: Durability) -> Self {
        let entries = Entries { generation, ..Entries::default() };
        Self { path: staging.join("journal.json"), entries, durability }
    }

    /// Reads the journal of a staging directory that an earlier process left; `None` where it had
    /// not begun to put anything into place.
    ///
    /// Half a journal, as a power failure leaves it after an install that did not wait for the disk, says nothing:
    /// then whatever no other generation uses counts as put into place.
    pub fn load(root: &HostRoot, staging: &Path) -> io::Result<Option<Self>> {
        let path = staging.join("journal.json");
        let bytes = match read_regular(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes?,
        };
        let entries = match serde_json::from_slice(&bytes) {
            Ok(entries) => entries,
            Err(error) => {
                tracing::warn!(code = %WarningCode::ListsDamaged, "`{}` is damaged, {error}: trees that no generation uses are removed", path.display());
                let name = staging.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                let generation = name.split('-').next().and_then(|number| number.parse().ok());
                // Of a directory that this program did not name nothing is known.
                let Some(generation) = generation else { return Ok(None) };
                Entries { generation, promoted: unused_without(root, generation)?, ..Entries::default() }
            }
        };
        Ok(Some(Self { path, entries, durability: Durability::Synced }))
    }

    /// The generation that the install makes.
    pub fn generation(&self) -> u64 {
        self.entries.generation
    }

    /// The trees that were put into the store for it.
    pub fn promoted(&self) -> &[(StoreKind, Digest)] {
        &self.entries.promoted
    }

    /// Records that `trees` are about to be moved into the store.
    pub fn record(&mut self, trees: impl IntoIterator<Item = (StoreKind, Digest)>) -> io::Result<()> {
        self.entries.promoted.extend(trees);
        self.write()
    }

    /// Records that a tree is about to be put into the place of another.
    pub fn record_replaced(&mut self, kind: StoreKind, digest: Digest) -> io::Result<()> {
        self.entries.replaced.push((kind, digest));
        self.write()
    }

    /// Records that work outside the root is about to begin.
    pub fn record_outside(&mut self, work: String) -> io::Result<()> {
        self.entries.outside.push(work);
        self.write()
    }

    /// The work outside the root that was begun, in words.
    pub fn outside(&self) -> &[String] {
        &self.entries.outside
    }

    fn write(&self) -> io::Result<()> {
        let bytes = serde_json::to_vec(&self.entries).map_err(io::Error::from)?;
        replace_file_with(&self.path, &bytes, self.durability)
    }

    /// Notes that the environment `digest` stays writable; written with what is recorded next.
    pub fn leave_open(&mut self, digest: Digest) {
        self.entries.open.insert(digest);
    }

    /// Whether the tree of `digest` stays writable.
    pub fn is_left_open(&self, digest: &Digest) -> bool {
        self.entries.open.contains(digest)
    }

    /// Finishes what was being put into the place of another tree: each place has a whole tree, sealed unless
    /// it is to stay writable.
    pub fn settle(&self, root: &HostRoot) -> io::Result<()> {
        let staging = self.path.parent().unwrap_or(Path::new("/"));
        for (kind, digest) in &self.entries.replaced {
            let place = root.store(*kind, digest);
            let aside = aside(&staged_tree(staging, root, *kind, digest));
            if fs_err::symlink_metadata(&place).is_err() {
                // Where the file system cannot exchange, the old tree waits beside the new one.
                move_tree(&aside, &place)?;
            }
            if !self.is_left_open(digest)
                && fs_err::symlink_metadata(&place).is_ok_and(|found| found.is_dir())
            {
                seal(&place)?;
            }
        }
        Ok(())
    }

    /// Takes everything recorded out of `root` again, except what the active generation uses.
    ///
    /// Each tree is moved away whole before it is removed, so that the store never holds a part of one.
    pub fn undo(&self, root: &HostRoot) -> io::Result<()> {
        self.settle(root)?;
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

/// The journals of changes of `root` that are at work or were cut off.
///
/// # Errors
/// The staging directory or a journal cannot be read.
pub fn unfinished(root: &HostRoot) -> io::Result<Vec<StagingJournal>> {
    let entries = match fs_err::read_dir(root.staging()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut journals = Vec::new();
    for entry in entries {
        journals.extend(StagingJournal::load(root, &entry?.path())?);
    }
    Ok(journals)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A root and a staging directory whose process died while it put a tree into the place of another.
    fn dies_while_replacing(is_open: bool) -> (tempfile::TempDir, HostRoot, StagingJournal, Digest) {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(directory.path()).unwrap();
        let (staging, digest) = (root.staging().join("2-1"), Digest::of(b"tree"));
        fs_err::create_dir_all(root.store_part(StoreKind::Wheels)).unwrap();
        fs_err::create_dir_all(staging.join("wheels")).unwrap();
        let mut journal = StagingJournal::new(&staging, 2, Durability::Unsynced);
        if is_open {
            journal.leave_open(digest);
        }
        journal.record_replaced(StoreKind::Wheels, digest).unwrap();
        let journal = StagingJournal::load(&root, &staging).unwrap().unwrap();
        (directory, root, journal, digest)
    }

    fn mode(path: &Path) -> u32 {
        fs_err::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_tree_that_was_exchanged_and_not_sealed_yet_is_sealed() {
        for (is_open, expected) in [(false, 0o555), (true, 0o755)] {
            let (_directory, root, journal, digest) = dies_while_replacing(is_open);
            let place = root.store(StoreKind::Wheels, &digest);
            fs_err::create_dir(&place).unwrap();
            fs_err::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).unwrap();
            journal.undo(&root).unwrap();
            assert_eq!(mode(&place), expected);
        }
    }

    #[test]
    fn a_tree_that_was_set_aside_comes_back() {
        let (_directory, root, journal, digest) = dies_while_replacing(false);
        let aside = aside(&staged_tree(&root.staging().join("2-1"), &root, StoreKind::Wheels, &digest));
        fs_err::create_dir(&aside).unwrap();
        fs_err::write(aside.join("old"), "").unwrap();
        journal.undo(&root).unwrap();
        let place = root.store(StoreKind::Wheels, &digest);
        assert!(place.join("old").is_file());
        assert_eq!(mode(&place), 0o555);
    }
}

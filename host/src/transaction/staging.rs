//! The directory of one install in progress.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::blob::Durability;
use attune_schemas::Digest;

use crate::root::{CreatedPaths, HostRoot, StoreKind, remove_tree};
use crate::transaction::StagingJournal;

/// `staging/<id>`; removed when dropped, with everything that was promoted unless that was committed.
#[derive(Debug)]
pub struct Staging {
    root: HostRoot,
    directory: PathBuf,
    journal: StagingJournal,
    state: State,
    // Last, so that what it removes is empty by then.
    created: CreatedPaths,
}

/// The directory of a staging directory that holds the trust state.
pub const STAGED_TRUST: &str = "trust";

/// How far the install has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Everything can be undone.
    Open,
    /// The database holds it; only a new start may complete it.
    Committed,
    /// It is active.
    Active,
}

impl Staging {
    /// Creates the staging directory of an install that makes generation `generation`.
    pub fn create(
        root: &HostRoot,
        generation: u64,
        durability: Durability,
        mut created: CreatedPaths,
    ) -> io::Result<Self> {
        let directory = root.staging().join(format!("{generation}-{}", std::process::id()));
        for kind in StoreKind::ALL {
            created.create_dir_all(&root.store_part(kind))?;
        }
        created.create_dir_all(&root.generations())?;
        created.create_dir_all(&root.staging())?;
        fs_err::create_dir_all(&directory)?;
        let mut journal = StagingJournal::new(&directory, generation, durability);
        // From here on a process that dies leaves something for the next start to find.
        journal.record([])?;
        Ok(Self { root: root.clone(), directory, journal, state: State::Open, created })
    }

    /// Remembers what else this install creates.
    pub fn created(&mut self) -> &mut CreatedPaths {
        &mut self.created
    }

    /// Where the trust state waits until it is committed.
    pub fn trust(&self) -> PathBuf {
        self.directory.join(STAGED_TRUST)
    }

    /// The directory itself.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where vendored files lie that steps need as they are.
    pub fn vendored(&self) -> io::Result<PathBuf> {
        let directory = self.directory.join("vendored");
        fs_err::create_dir_all(&directory)?;
        Ok(directory)
    }

    /// The place in the store of a tree that is made there, since it may not be movable; the journal knows
    /// of it first.
    pub fn reserve(&mut self, kind: StoreKind, digest: Digest) -> io::Result<PathBuf> {
        self.journal.record([(kind, digest)])?;
        Ok(self.root.store(kind, &digest))
    }

    /// Where the tree of `digest` is unpacked to.
    pub fn tree(&self, kind: StoreKind, digest: &Digest) -> PathBuf {
        let part = self.root.store_part(kind);
        let name = part.file_name().expect("a part of the store has a name");
        self.directory.join(name).join(digest.hex())
    }

    /// Creates the directory that trees of `kind` are unpacked into.
    pub fn create_part(&self, kind: StoreKind) -> io::Result<()> {
        let tree = self.tree(kind, &Digest::of(b""));
        fs_err::create_dir_all(tree.parent().expect("a tree is in its part"))
    }

    /// Moves finished trees into the store.
    ///
    /// The journal is written first, so that an install that dies here is undone by the next one.
    pub fn promote(&mut self, trees: impl IntoIterator<Item = (StoreKind, Digest)>) -> io::Result<()> {
        let trees: Vec<(StoreKind, Digest)> = trees.into_iter().collect();
        if trees.is_empty() {
            return Ok(());
        }
        self.journal.record(trees.iter().copied())?;
        for (kind, digest) in trees {
            fs_err::rename(self.tree(kind, &digest), self.root.store(kind, &digest))?;
        }
        Ok(())
    }

    /// Nothing is undone any more: the database holds the generation.
    pub fn commit(&mut self) {
        self.state = State::Committed;
        std::mem::take(&mut self.created).keep();
    }

    /// The generation is active; only the staging directory goes.
    pub fn finish(mut self) {
        self.state = State::Active;
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        match self.state {
            State::Open => {
                if let Err(error) = self.journal.undo(&self.root) {
                    // Left behind with its journal: the next start tries again.
                    tracing::warn!("could not undo the installation: {error}");
                    return;
                }
            }
            // Left behind on purpose: it tells the next start that there is something to complete.
            State::Committed => return,
            State::Active => {}
        }
        if let Err(error) = remove_tree(&self.directory) {
            tracing::warn!("could not remove the staging directory: {error}");
        }
        if self.state == State::Active {
            // Empty unless another staging directory is left to recover.
            let _ = fs_err::remove_dir(self.root.staging());
        }
    }
}

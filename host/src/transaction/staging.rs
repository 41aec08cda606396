//! The directory of one install in progress.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use attune_registry::blob::Durability;
use attune_schemas::Digest;
use attune_schemas::problem::WarningCode;
use attune_schemas::tuf::RegistryName;

use super::journal::{StagingJournal, undone_in};
use crate::generation::{next_current, point_at};
use crate::local::originals::{KeptRegistry, STAGED_ORIGINALS};
use crate::local::{STAGED_LOCAL, copy_files};
use crate::root::{CreatedPaths, HostRoot, StoreKind, exchange_trees, remove_tree, seal};
use crate::trees::{KnownDigests, LinkedFiles, Survey, TreeLists};

/// `staging/<id>`; removed when dropped, with everything that was promoted unless that was committed.
#[derive(Debug)]
pub struct Staging {
    root: HostRoot,
    directory: PathBuf,
    journal: StagingJournal,
    state: State,
    /// The digests of the lists of the trees that are put in place.
    lists: Mutex<BTreeMap<(StoreKind, Digest), Digest>>,
    /// The files of staged trees that environments may have links to.
    linked: Mutex<LinkedFiles>,
    before_undo: BeforeUndo,
    // Last, so that what it removes is empty by then.
    created: CreatedPaths,
}

/// The directory of a staging directory that holds the trust state.
pub const STAGED_TRUST: &str = "trust";

/// Where the tree of `digest` is unpacked to in the staging directory `staging`.
pub(super) fn staged_tree(staging: &Path, root: &HostRoot, kind: StoreKind, digest: &Digest) -> PathBuf {
    let part = root.store_part(kind);
    let name = part.file_name().expect("a part of the store has a name");
    staging.join(name).join(digest.hex())
}

/// Work to do before a change is undone.
#[derive(Default)]
struct BeforeUndo(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl fmt::Debug for BeforeUndo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BeforeUndo")
    }
}

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
        let mut journal = StagingJournal::new(&directory, generation, durability);
        created.create_dir_all(&root.staging())?;
        // From here on a process that dies leaves something for the next start to find.
        if let Err(error) = set_aside(&directory, generation).and_then(|()| journal.record([])) {
            let _ = remove_tree(&directory);
            return Err(error);
        }
        let staging = Self {
            root: root.clone(),
            directory,
            journal,
            state: State::Open,
            lists: Mutex::default(),
            linked: Mutex::default(),
            before_undo: BeforeUndo::default(),
            created,
        };
        staging.with_parts()
    }

    /// Creates what the change moves things to.
    fn with_parts(mut self) -> io::Result<Self> {
        for kind in StoreKind::ALL {
            self.created.create_dir_all(&self.root.store_part(kind))?;
            self.created.create_dir_all(&self.root.lists_part(kind))?;
        }
        self.created.create_dir_all(&self.root.generations())?;
        self.created.create_dir_all(&self.root.trust())?;
        Ok(self)
    }

    /// Remembers what else this install creates.
    pub fn created(&mut self) -> &mut CreatedPaths {
        &mut self.created
    }

    /// Where the trust state waits until it is committed.
    pub fn trust(&self) -> PathBuf {
        self.directory.join(STAGED_TRUST)
    }

    /// Takes over what the change signed in `directory`, which stays; it waits here as the trust state does.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn take_local(&self, directory: &Path) -> io::Result<()> {
        copy_files(directory, &self.directory.join(STAGED_LOCAL))
    }

    /// Where originals of the registry `name` that were offered under `head` wait until the change is registered. The
    /// directories that they are moved to then are made now, for a disk that is full by then.
    ///
    /// # Errors
    /// A directory cannot be made.
    pub fn originals(&mut self, name: &RegistryName, head: u64) -> io::Result<KeptRegistry> {
        let staged = KeptRegistry::below(&self.directory.join(STAGED_ORIGINALS), name);
        staged.parts(head).iter().try_for_each(fs_err::create_dir_all)?;
        let places = KeptRegistry::of(&self.root, name).parts(head);
        places.iter().try_for_each(|place| self.created.create_dir_all(place))?;
        Ok(staged)
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
        staged_tree(&self.directory, &self.root, kind, digest)
    }

    /// Creates the directory that trees of `kind` are unpacked into.
    pub fn create_part(&self, kind: StoreKind) -> io::Result<()> {
        let tree = self.tree(kind, &Digest::of(b""));
        fs_err::create_dir_all(tree.parent().expect("a tree is in its part"))
    }

    /// Takes the list of the files of a finished tree, before it is moved into the store. Files whose digests are
    /// not in `known` are read.
    pub fn list(&self, kind: StoreKind, digest: Digest, known: &KnownDigests) -> io::Result<()> {
        let list = self.staged_lists(kind, &digest).take(&self.tree(kind, &digest), known)?;
        self.lists().insert((kind, digest), list);
        Ok(())
    }

    /// The same of a tree of which `survey` is told already.
    pub fn list_of_survey(
        &self,
        kind: StoreKind,
        digest: Digest,
        survey: &Survey,
        known: &KnownDigests,
    ) -> io::Result<()> {
        let list = self.staged_lists(kind, &digest).take_of(survey, &self.tree(kind, &digest), known)?;
        self.lists().insert((kind, digest), list);
        self.linked().add(survey, known);
        Ok(())
    }

    /// The same of a finished tree that has hard links to files of trees that were listed by their surveys: those
    /// are not read again.
    pub fn list_with_links(&self, kind: StoreKind, digest: Digest) -> io::Result<()> {
        let tree = self.tree(kind, &digest);
        let survey = Survey::of(&tree)?;
        let known = self.linked().digests_in(&survey);
        let list = self.staged_lists(kind, &digest).take_of(&survey, &tree, &known)?;
        self.lists().insert((kind, digest), list);
        Ok(())
    }

    /// Takes the list of the files of a tree that was made, or changed, where it stays.
    pub fn list_in_place(&self, kind: StoreKind, digest: Digest, known: &KnownDigests) -> io::Result<()> {
        let staged = self.staged_lists(kind, &digest);
        let list = staged.take(&self.root.store(kind, &digest), known)?;
        TreeLists::of(&self.root, kind, &digest).adopt(&staged)?;
        self.lists().insert((kind, digest), list);
        Ok(())
    }

    /// Adds the files that `is_ours` names to the list of a staged tree, into which they were written. A tree
    /// without a list stays without one.
    pub fn extend_list(
        &self,
        kind: StoreKind,
        digest: Digest,
        is_ours: &dyn Fn(&Path) -> bool,
    ) -> io::Result<()> {
        let Some(old) = self.list_of(kind, &digest) else { return Ok(()) };
        let staged = self.staged_lists(kind, &digest);
        // The list is the store's, where the tree was linked from there.
        let known = if staged.has(&old) { staged.clone() } else { TreeLists::of(&self.root, kind, &digest) };
        let longer = TreeLists::in_directory(self.directory.join("longer-list"));
        let list = known.extend(&old, &self.tree(kind, &digest), &longer, is_ours)?;
        staged.adopt(&longer)?;
        self.lists().insert((kind, digest), list);
        Ok(())
    }

    /// The generation will name `list` for a tree that the store has.
    pub fn take_over(&self, kind: StoreKind, digest: Digest, list: Digest) {
        self.lists().entry((kind, digest)).or_insert(list);
    }

    /// The digest of the list of a tree that was put in place or taken over.
    pub fn list_of(&self, kind: StoreKind, digest: &Digest) -> Option<Digest> {
        self.lists().get(&(kind, *digest)).copied()
    }

    fn linked(&self) -> MutexGuard<'_, LinkedFiles> {
        self.linked.lock().expect("nobody panics while holding it")
    }

    fn lists(&self) -> MutexGuard<'_, BTreeMap<(StoreKind, Digest), Digest>> {
        self.lists.lock().expect("nobody panics while it holds the lists")
    }

    fn staged_lists(&self, kind: StoreKind, digest: &Digest) -> TreeLists {
        let lists = self.directory.join("lists").join(kind.directory());
        TreeLists::in_directory(lists.join(digest.hex()))
    }

    /// Moves the list that was taken of a tree to those of the store.
    fn promote_list(&self, kind: StoreKind, digest: &Digest) -> io::Result<()> {
        if self.list_of(kind, digest).is_none() {
            return Ok(());
        }
        TreeLists::of(&self.root, kind, digest).adopt(&self.staged_lists(kind, digest))
    }

    /// Moves finished trees into the store, each after its list, and seals them there; what is below their tops was
    /// sealed before.
    ///
    /// The journal is written first, so that an install that dies here is undone by the next one.
    pub fn promote(&mut self, trees: impl IntoIterator<Item = (StoreKind, Digest)>) -> io::Result<()> {
        let trees: Vec<(StoreKind, Digest)> = trees.into_iter().collect();
        if trees.is_empty() {
            return Ok(());
        }
        // What is there is damaged, and taken over by generations that would lose it if it were undone.
        let is_there = |(kind, digest): &(StoreKind, Digest)| {
            fs_err::symlink_metadata(self.root.store(*kind, digest)).is_ok()
        };
        let (damaged, trees): (Vec<_>, Vec<_>) = trees.into_iter().partition(is_there);
        self.journal.record(trees.iter().copied())?;
        for (kind, digest) in damaged {
            self.put_back(kind, &digest)?;
        }
        for (kind, digest) in trees {
            let place = self.root.store(kind, &digest);
            self.promote_list(kind, &digest)?;
            fs_err::rename(self.tree(kind, &digest), &place)?;
            self.seal_unless_open(&place, &digest)?;
        }
        Ok(())
    }

    /// Has the environment `digest`, which is still to be put into the store, stay writable there.
    pub fn leave_open(&mut self, digest: Digest) {
        self.journal.leave_open(digest);
    }

    fn seal_unless_open(&self, place: &Path, digest: &Digest) -> io::Result<()> {
        if self.journal.is_left_open(digest) { Ok(()) } else { seal(place) }
    }

    /// Puts the finished tree of `digest` into the place of one that the store lost, or no longer has as it
    /// was. It is never taken out again: what is there now is what its name says.
    pub fn put_back(&mut self, kind: StoreKind, digest: &Digest) -> io::Result<()> {
        self.journal.record_replaced(kind, *digest)?;
        self.promote_list(kind, digest)?;
        let (new, place) = (self.tree(kind, digest), self.root.store(kind, digest));
        if fs_err::symlink_metadata(&place).is_ok() {
            exchange_trees(&new, &place)?;
        } else {
            fs_err::rename(&new, &place)?;
        }
        self.seal_unless_open(&place, digest)
    }

    /// Notes that `work` outside the root, such as `the migration of pack ...`, is about to begin: whoever undoes the
    /// change for a process that died tells of it.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn begin_outside(&mut self, work: String) -> io::Result<()> {
        self.journal.record_outside(work)
    }

    /// Has `work` done if the change is undone, while all that was put in place is still there.
    pub fn before_undo(&mut self, work: impl FnOnce() + Send + 'static) {
        self.before_undo = BeforeUndo(Mutex::new(Some(Box::new(work))));
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

/// Creates what the end of a change needs, so that a disk that is full by then can stop neither its completion nor
/// its undoing.
fn set_aside(directory: &Path, generation: u64) -> io::Result<()> {
    fs_err::create_dir_all(undone_in(directory))?;
    point_at(&next_current(directory), generation)
}

impl Drop for Staging {
    fn drop(&mut self) {
        match self.state {
            State::Open => {
                if let Some(work) = self.before_undo.0.get_mut().ok().and_then(Option::take) {
                    work();
                }
                if let Err(error) = self.journal.undo(&self.root) {
                    // Left behind with its journal: the next start tries again.
                    tracing::warn!(code = %WarningCode::Undone, "could not undo the installation: {error}");
                    return;
                }
            }
            // Left behind on purpose: it tells the next start that there is something to complete.
            State::Committed => return,
            State::Active => {}
        }
        if let Err(error) = remove_tree(&self.directory) {
            tracing::warn!(code = %WarningCode::StagingLeft, "could not remove the staging directory: {error}");
        }
        if self.state == State::Active {
            // Empty unless another staging directory is left to recover.
            let _ = fs_err::remove_dir(self.root.staging());
        }
    }
}

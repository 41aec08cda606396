//! The one way from a generation to the next.
//!
//! ```text
//! Prepared::begin   staging and its journal, the entry links, the database
//! the caller        puts trees into the store, builds, tests; all of it can be undone
//! Change::commit    1. Written     generations/N, to which nothing points
//!                   2. Synced      everything on disk
//!                   3. Registered  the rows, in one transaction: the point of no return
//!                   4. TrustKept   the metadata that was seen
//!                   5. Activated   current -> generations/N, one rename
//! ```
//!
//! A process may die after each step. The next change of the root finds the journal and undoes what came
//! before the third step, or completes what came after it.

use std::collections::BTreeMap;

use attune_registry::blob::Durability;
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;

use super::recover::{RecoverError, complete};
use super::staging::Staging;
use super::step::Step;
use crate::database::{
    CompletedOperation, Database, DatabaseError, EnvironmentRegistration, EnvironmentUpdate, OtherPacks,
    PackSettings, RegisteredGeneration, RegisteredPack, Registration, TestResultRow, WorkflowRegistration,
    WorkflowSync, registered_generation,
};
use crate::environment::EnvironmentDescription;
use crate::generation::{
    Generation, GenerationParts, KeptRelease, ListDigests, WriteBack, create_entry_links, pack_differences,
    sync_root, write_generation,
};
use crate::process::{Interrupted, Operation};
use crate::root::{CreatedPaths, HostRoot, RootError};

/// Why a change failed. Unless it is unfinished, nothing of it remains.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The rows cannot be written.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The change is registered and could not be completed.
    #[error(transparent)]
    Unfinished(#[from] RecoverError),
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// A change that has begun. Dropping it undoes everything.
#[derive(Debug)]
pub struct Prepared<'a> {
    root: &'a HostRoot,
    id: u64,
    durability: Durability,
    database: Database,
    write_back: Option<WriteBack>,
    /// The trees that are put in place for it.
    pub trees: Staging,
}

impl<'a> Prepared<'a> {
    /// Begins a change of `root`, which must be held; `created` is what holding it had to create.
    pub fn begin(
        root: &'a HostRoot,
        created: CreatedPaths,
        durability: Durability,
    ) -> Result<Self, ChangeError> {
        let failed = |source| root.failed(source);
        let id = root.next_generation().map_err(failed)?;
        let mut trees = Staging::create(root, id, durability, created).map_err(failed)?;
        create_entry_links(root, trees.created()).map_err(failed)?;
        let database = Database::open(root, durability, trees.created())?;
        Ok(Self { root, id, durability, database, write_back: None, trees })
    }

    /// Has the disk write what the change makes while it is still being made, if it will be waited for.
    pub fn write_back(&mut self) {
        if self.durability == Durability::Synced {
            self.write_back = WriteBack::start(self.root);
        }
    }

    /// The number of the generation that this change may make.
    pub const fn id(&self) -> u64 {
        self.id
    }
}

/// The rows of a change.
pub enum Rows<'a> {
    /// Packs, with the results of their tests; the rows of packs that are in neither list stay as they are.
    Packs {
        /// The packs.
        packs: &'a [RegisteredPack<'a>],
        /// The packs that are no longer installed.
        gone: &'a [PackRef],
        /// The results of their tests.
        tests: &'a [TestResultRow<'a>],
    },
    /// Packs that come back, with the configuration that they had; the rows of all others stay as they are.
    Restored {
        /// The packs.
        packs: &'a [RegisteredPack<'a>],
        /// Their configuration.
        settings: &'a PackSettings,
    },
    /// Packs; the rows of all others go.
    All(&'a [RegisteredPack<'a>]),
    /// Environments that were built again.
    Environments(&'a [EnvironmentUpdate]),
    /// Workflows that are brought in step with their files.
    Workflows(&'a WorkflowSync),
}

/// A change from one generation to another, ready to be committed.
pub struct Change<'a> {
    /// The active generation.
    pub from: &'a Generation,
    /// The next one. With the number of the active one, rows alone are written where it is the same, and it gets the
    /// number of the change where it is not: the files of a generation never change.
    pub to: &'a Generation,
    /// The descriptions of the environments that are new in it.
    pub descriptions: &'a [&'a EnvironmentDescription],
    /// The releases that are new in it, as they are kept.
    pub releases: &'a BTreeMap<PackRef, KeptRelease>,
    /// The generation that keeps all its other descriptions and releases: the active one, or the one that it is made
    /// after.
    pub files_of: &'a Generation,
    /// The rows.
    pub rows: Rows<'a>,
    /// The operation that the change is of.
    pub operation: &'a Operation,
    /// The begun change, with its trees.
    pub prepared: Prepared<'a>,
    /// The time.
    pub now: Timestamp,
}

/// Decides whether a change is undone whose registration failed: a disk that fails may have the rows all the same,
/// and whoever reads them next would find them.
fn after_fault(
    root: &HostRoot,
    trees: &mut Staging,
    (from, to): (u64, u64),
    error: DatabaseError,
) -> ChangeError {
    let active = (from != 0).then_some(from);
    match registered_generation(root) {
        Ok(Some(registered)) if registered == to && to != from => {
            trees.commit();
            let (generation, step, source) = (to, Step::Registered, Box::new(error));
            RecoverError::Unfinished { generation, active, step, source }.into()
        }
        Ok(_) => error.into(),
        Err(_) => {
            trees.commit();
            RecoverError::Unclear { generation: to, active, source: error }.into()
        }
    }
}

impl Change<'_> {
    /// Commits the change, and tells `reached` each step once it is done. An interrupt that it answers with
    /// counts until the rows are written; from then on the change is completed.
    pub fn commit(self, reached: &mut dyn FnMut(Step) -> Result<(), Interrupted>) -> Result<(), ChangeError> {
        let Prepared { root, id, durability, mut database, write_back, mut trees } = self.prepared;
        let failed = |source| root.failed(source);
        let mut to = Generation { lists: lists_of(self.to, self.from, &trees), ..self.to.clone() };
        if to.root.as_os_str().is_empty() {
            root.path().clone_into(&mut to.root);
        }
        if to.id == self.from.id && to != *self.from {
            (to.id, to.created_at) = (id, self.now);
        }
        let is_new = to.id != self.from.id;
        let lock = if is_new {
            let parts = GenerationParts {
                generation: &to,
                descriptions: self.descriptions,
                releases: self.releases,
                previous: self.files_of,
            };
            write_generation(root, &parts).map_err(failed)?
        } else {
            to.digest().map_err(failed)?
        };
        reached(Step::Written)?;
        write_back.map_or(Ok(()), WriteBack::end).map_err(failed)?;
        // SQLite waits for its own file; rows of workflows come with no other.
        let has_files = !matches!(self.rows, Rows::Workflows(_));
        if durability == Durability::Synced && has_files {
            sync_root(root).map_err(failed)?;
        }
        reached(Step::Synced)?;
        let generation = RegisteredGeneration { id: to.id, lock, previous: self.from.id };
        let now = self.now;
        let differences = pack_differences(self.from, &to);
        let operation = CompletedOperation { operation: self.operation, packs: &differences };
        let no_settings = PackSettings::new();
        let registration = |packs, tests, others| Registration {
            root,
            files: root,
            lists: &to.lists,
            packs,
            others,
            generation,
            tests,
            settings: &no_settings,
            operation: Some(operation),
            now,
        };
        let registered = match self.rows {
            Rows::Packs { packs, gone, tests } => {
                database.register(&registration(packs, tests, OtherPacks::Remove(gone)))
            }
            Rows::Restored { packs, settings } => {
                let restored = registration(packs, &[], OtherPacks::Remove(&[]));
                database.register(&Registration { settings, ..restored })
            }
            Rows::All(packs) => database.register(&registration(packs, &[], OtherPacks::RemoveAll)),
            Rows::Workflows(sync) => {
                database.sync_workflows(&WorkflowRegistration { sync, generation, operation, now })
            }
            Rows::Environments(rebuilt) => {
                database.update_environments(&EnvironmentRegistration { rebuilt, generation, operation, now })
            }
        };
        if let Err(error) = registered {
            drop(database);
            return Err(after_fault(root, &mut trees, (self.from.id, to.id), error));
        }
        trees.commit();

        // Too late to stop.
        let _ = reached(Step::Registered);
        complete(root, trees.directory(), to.id, durability, &mut |step| {
            let _ = reached(step);
        })?;
        trees.finish();
        Ok(())
    }
}

/// The lists of the trees that `to` uses: those of trees that were put in place, else those that `from` goes by.
fn lists_of(to: &Generation, from: &Generation, trees: &Staging) -> ListDigests {
    let list_of = |kind, digest: &Digest| {
        let taken = trees.list_of(kind, digest).or_else(|| to.lists.get(kind, digest));
        taken.or_else(|| from.lists.get(kind, digest))
    };
    let used = to.store_entries();
    used.filter_map(|(kind, digest)| Some(((kind, digest), list_of(kind, &digest)?))).collect()
}

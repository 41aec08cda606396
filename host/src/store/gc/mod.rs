//! Removes what no kept generation uses: older generations, and what only they had in the store.
//!
//! ```text
//! standing   the generations that are there: active, registered, and whether the two agree
//! names      the trees that a path names
//! processes  the trees that live processes have open, or name
//! removal    out of the way first, and then gone
//! gc         what stays, what goes, and the removal
//! ```
//!
//! Nothing goes unless the database and `current` name one generation that can be read: every link that a
//! person could be told to set leads to a generation that is there.

mod names;
mod processes;
mod removal;
mod standing;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::database::DatabaseError;
use crate::generation::{Generation, InstalledPack};
use crate::inventory::InventoryError;
use crate::root::{HostRoot, RootError, StoreKind, digests_in};
use crate::store::DiskUse;
use crate::transaction::{AccessError, HeldRoot};
use processes::{Processes, Using};
use removal::remove;
use standing::Standing;

/// Why nothing could be removed.
#[derive(Debug, thiserror::Error)]
pub enum GcError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The root cannot be changed now.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// There is no installation, or `current` leads to none.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The database and `current` name different generations, or one that is not there.
    #[error("{} in `{}`: nothing is removed until they agree", standing::told(*active, *registered), root.display())]
    Disagreement {
        /// The root.
        root: PathBuf,
        /// The generation that `current` leads to.
        active: Option<u64>,
        /// The generation that the database holds.
        registered: Option<u64>,
        /// Those of the two that can be read.
        readable: Vec<u64>,
        /// The newest generation that can be read.
        newest: Option<u64>,
    },
    /// A generation that was to be kept is not there.
    #[error("there is no generation {id} in `{}`; there are {}", root.display(), in_words(there))]
    NoGeneration {
        /// The root.
        root: PathBuf,
        /// The generation.
        id: u64,
        /// Those that are there.
        there: Vec<u64>,
    },
}

fn in_words(ids: &[u64]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The generations to keep.
#[derive(Debug, Clone)]
pub struct GcOptions {
    /// Generations to keep beside the active one and those that are named, the newest first.
    pub keep: usize,
    /// Generations to keep by their numbers.
    pub named: Vec<u64>,
    /// Whether to tell and not to remove. Needs neither the lock nor the right to write.
    pub dry_run: bool,
}

/// The removed generations and trees, or those that would be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GcReport {
    /// Whether nothing was removed, only told.
    pub dry_run: bool,
    /// The generations that stay.
    pub kept: Vec<u64>,
    /// The generations that went.
    pub generations: Vec<u64>,
    /// The entries of the store that went.
    pub entries: Vec<RemovedEntry>,
    /// Bytes that are free now; what others still link to is not.
    pub freed_bytes: u64,
    /// The processes for which something stays that would go otherwise.
    pub in_use: Vec<UsingProcess>,
    /// How far processes could be looked at; absent where there was nothing to remove.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<ProcessesSeen>,
    /// Whether a change is at work or was cut off, whose trees are not counted.
    pub unfinished: bool,
}

/// An entry of the store that went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemovedEntry {
    /// `packs`, `wheels`, `node`, `runtimes` or `envs`.
    pub kind: StoreKind,
    /// Its digest.
    pub digest: Digest,
}

/// A process for which something stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UsingProcess {
    /// Its number.
    pub pid: u32,
    /// The name of its program.
    pub command: String,
    /// The generations that stay for it.
    pub generations: Vec<u64>,
    /// The entries of the store that stay for it.
    pub entries: Vec<RemovedEntry>,
}

/// How far processes could be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessesSeen {
    /// Whether processes can be seen here: `/proc` is there, and shows those of others.
    pub visible: bool,
    /// The number of processes that may not be looked into.
    pub unreadable: usize,
}

/// Removes what no kept generation of `root` uses, and no live process.
///
/// # Errors
/// Nothing was removed, unless a disk failed in the middle: then what was moved out goes with the next change.
pub fn collect_garbage(root: &HostRoot, options: &GcOptions) -> Result<GcReport, GcError> {
    root.require_there()?;
    root.require_ours()?;
    let failed = |source| root.failed(source);
    let _held = if options.dry_run {
        None
    } else {
        let mut held = HeldRoot::acquire_as_it_is(root)?;
        held.keep();
        Some(held)
    };
    let standing = Standing::of(root)?;
    let (mut kept, gone) = standing.divide(root, options)?;
    let mut used: BTreeSet<(StoreKind, Digest)> = standing.unfinished_trees.clone();
    for id in &kept {
        // A lock file that cannot be read could name anything, so nothing is removed then.
        used.extend(Generation::load(&root.generation(*id)).map_err(failed)?.store_entries());
    }
    let unused_trees = unused(&used, |kind| root.store_part(kind)).map_err(failed)?;
    let mut going =
        Going { generations: gone.into_iter().collect(), entries: unused_trees.into_iter().collect() };
    let mut report = GcReport {
        dry_run: options.dry_run,
        kept: Vec::new(),
        generations: Vec::new(),
        entries: Vec::new(),
        freed_bytes: 0,
        in_use: Vec::new(),
        processes: None,
        unfinished: standing.is_unfinished,
    };
    if !going.is_empty() {
        let processes = Processes::look(Path::new("/proc"), root);
        report.processes =
            Some(ProcessesSeen { visible: processes.visible, unreadable: processes.unreadable });
        let locks = Locks::of(root, &standing.there);
        report.in_use = processes.using.iter().filter_map(|using| going.spare(using, &locks)).collect();
        going.take_out(&report.in_use);
        kept.extend(report.in_use.iter().flat_map(|using| &using.generations));
    }
    let in_use = report.in_use.iter().flat_map(|using| &using.entries);
    used.extend(in_use.map(|entry| (entry.kind, entry.digest)));
    let lists = unused(&used, |kind| root.lists_part(kind)).map_err(failed)?;
    let generations: Vec<u64> = going.generations.into_iter().collect();
    let entries: Vec<(StoreKind, Digest)> = going.entries.into_iter().collect();
    let paths = generations.iter().map(|id| root.generation(*id));
    let paths = paths.chain(entries.iter().map(|(kind, digest)| root.store(*kind, digest)));
    let paths: Vec<PathBuf> =
        paths.chain(lists.iter().map(|(kind, digest)| root.lists(*kind, digest))).collect();
    let mut disk = DiskUse::default();
    for path in &paths {
        disk.count(path, 0).map_err(failed)?;
    }
    if !options.dry_run {
        remove(root, &paths).map_err(failed)?;
    }
    report.kept = kept.into_iter().collect();
    report.freed_bytes = disk.freed();
    report.entries = removed_entries(entries);
    report.generations = generations;
    Ok(report)
}

fn removed_entries(entries: impl IntoIterator<Item = (StoreKind, Digest)>) -> Vec<RemovedEntry> {
    entries.into_iter().map(|(kind, digest)| RemovedEntry { kind, digest }).collect()
}

/// What no kept generation uses.
struct Going {
    generations: BTreeSet<u64>,
    entries: BTreeSet<(StoreKind, Digest)>,
}

impl Going {
    fn is_empty(&self) -> bool {
        self.generations.is_empty() && self.entries.is_empty()
    }

    /// What of it stays for process `using`; `None` if that is nothing. A generation stays whole, so that the next
    /// removal still knows what belongs together.
    fn spare(&self, using: &Using, locks: &Locks) -> Option<UsingProcess> {
        let mut generations: BTreeSet<u64> =
            using.generations.intersection(&self.generations).copied().collect();
        // What a link led to that moves is known by the time at which the process started.
        let started_with: Vec<u64> =
            using.started.iter().flat_map(|started| locks.active_at(*started)).collect();
        // Of generations in which it needs the same, the newest is enough.
        let mut newest: BTreeMap<BTreeSet<(StoreKind, Digest)>, u64> = BTreeMap::new();
        for id in &self.generations {
            let Some(lock) = locks.0.get(id) else { continue };
            let mut needed: BTreeSet<_> = using.trees.iter().flat_map(|tree| needs(lock, tree)).collect();
            if started_with.contains(id) {
                let packs = using.packs.iter().filter_map(|pack| lock.packs.get(pack));
                needed.extend(packs.flat_map(InstalledPack::store_entries));
            }
            needed.retain(|tree| self.entries.contains(tree));
            if !needed.is_empty() {
                newest.insert(needed, *id);
            }
        }
        generations.extend(newest.into_values());
        let of_generations =
            generations.iter().filter_map(|id| locks.0.get(id)).flat_map(Generation::store_entries);
        let mut trees: BTreeSet<(StoreKind, Digest)> =
            using.trees.iter().copied().chain(of_generations).collect();
        trees.retain(|tree| self.entries.contains(tree));
        let is_any = !generations.is_empty() || !trees.is_empty();
        is_any.then(|| UsingProcess {
            pid: using.pid,
            command: using.command.clone(),
            generations: generations.into_iter().collect(),
            entries: removed_entries(trees),
        })
    }

    fn take_out(&mut self, in_use: &[UsingProcess]) {
        for using in in_use {
            self.generations.retain(|id| !using.generations.contains(id));
            for entry in &using.entries {
                self.entries.remove(&(entry.kind, entry.digest));
            }
        }
    }
}

/// The trees that whoever has `tree` open may come to need: all of its pack, or of the environments it is in.
fn needs(lock: &Generation, tree: &(StoreKind, Digest)) -> Vec<(StoreKind, Digest)> {
    let mut needed = Vec::new();
    for pack in lock.packs.values() {
        if tree.0 == StoreKind::Packs && pack.pack == tree.1 {
            needed.extend(pack.store_entries());
        }
        let with_it = pack
            .environments
            .values()
            .filter(|environment| environment.store_entries().any(|own| own == *tree));
        needed.extend(with_it.flat_map(crate::environment::InstalledEnvironment::store_entries));
    }
    needed
}

/// The lock files that can be read, by generation.
struct Locks(BTreeMap<u64, Generation>);

impl Locks {
    fn of(root: &HostRoot, ids: &[u64]) -> Self {
        let load = |id: &u64| Some((*id, Generation::load(&root.generation(*id)).ok()?));
        Self(ids.iter().filter_map(load).collect())
    }

    /// The generations that may have been active at `time`: the newest that was made by then, and the one before it,
    /// as a large installation takes a while from its beginning to its last step.
    fn active_at(&self, time: Timestamp) -> Vec<u64> {
        let made = self.0.values().filter(|lock| lock.created_at <= time);
        let mut made: Vec<(Timestamp, u64)> = made.map(|lock| (lock.created_at, lock.id)).collect();
        made.sort_unstable();
        let mut active = Vec::new();
        while let Some((created_at, id)) = made.pop() {
            active.push(id);
            if time.duration_since(created_at) > SignedDuration::from_hours(1) {
                break;
            }
        }
        active
    }
}

/// The entries of the parts of the store, or of their lists, that are not in `used`.
fn unused(
    used: &BTreeSet<(StoreKind, Digest)>,
    part: impl Fn(StoreKind) -> PathBuf,
) -> io::Result<Vec<(StoreKind, Digest)>> {
    let mut unused = Vec::new();
    for kind in StoreKind::ALL {
        // What is not named like an entry is not ours to remove.
        let digests = digests_in(&part(kind))?.into_iter();
        unused.extend(digests.map(|digest| (kind, digest)).filter(|entry| !used.contains(entry)));
    }
    Ok(unused)
}

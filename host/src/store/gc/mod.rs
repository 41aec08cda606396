//! Removes what no kept generation uses: older generations, and what only they had in the store.
//!
//! ```text
//! standing   the generations that are there: active, registered, and whether the two agree
//! names      the trees that a path names
//! processes  the trees that live processes have open, or name
//! removal    out of the way first, and then gone
//! going      what would go, and what of it stays for a process
//! gc         what stays, what goes, and the removal
//! ```
//!
//! Nothing goes unless the database and `current` name one generation that can be read: every link that a
//! person could be told to set leads to a generation that is there.

mod going;
mod names;
mod processes;
mod removal;
mod report;
mod standing;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use jiff::{SignedDuration, Timestamp};

pub use report::{GcReport, ProcessesSeen, RemovedEntry, UsingProcess};

use crate::database::DatabaseError;
use crate::generation::Generation;
use crate::inventory::InventoryError;
use crate::local::Unused;
use crate::local::originals::UnusedOriginals;
use crate::root::{HostRoot, RootError, StoreKind, digests_in};
use crate::store::DiskUse;
use crate::transaction::{Access, AccessError, HeldRoot};
use going::{Going, Locks};
use processes::Processes;
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
    #[error("{} in `{}`: nothing is removed until that is mended", standing::told(*active, *registered), root.display())]
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

/// The generations to keep: one goes that none of these keeps.
#[derive(Debug, Clone)]
pub struct GcOptions {
    /// Generations to keep beside the active one and those that are named, the newest first.
    pub keep: usize,
    /// Generations to keep that were active within this time; zero for none.
    pub keep_for: SignedDuration,
    /// Generations to keep by their numbers.
    pub named: Vec<u64>,
    /// Whether to tell and not to remove. Needs neither the lock nor the right to write.
    pub dry_run: bool,
}

/// Removes what no kept generation of `root` uses, and no live process.
///
/// # Errors
/// Nothing was removed, unless a disk failed in the middle: then what was moved out goes with the next change.
pub fn collect_garbage(
    root: &HostRoot,
    options: &GcOptions,
    access: &Access<'_>,
) -> Result<GcReport, GcError> {
    root.require_there()?;
    root.require_ours()?;
    let failed = |source| root.failed(source);
    let _held = if options.dry_run {
        None
    } else {
        let mut held = HeldRoot::acquire_as_it_is(root, access)?;
        held.keep();
        Some(held)
    };
    let standing = Standing::of(root)?;
    let locks = Locks::of(root, &standing.there);
    let (mut kept, gone) =
        standing.divide(root, options, &locks.active_since(access.now, options.keep_for))?;
    let mut used: BTreeSet<(StoreKind, Digest)> = standing.unfinished_trees.clone();
    let (mut signed_here, mut installed) = (BTreeSet::new(), BTreeSet::new());
    for id in &kept {
        // A lock file that cannot be read could name anything, so nothing is removed then.
        let generation = Generation::load(&root.generation(*id)).map_err(failed)?;
        used.extend(generation.store_entries());
        installed.extend(generation.packs.values().map(|pack| pack.manifest));
        let packs = generation.packs.values().filter(|pack| pack.is_unsigned());
        signed_here.extend(packs.map(|pack| pack.manifest));
    }
    let own = own_unused(root, &signed_here, access.now);
    let originals = UnusedOriginals::of(root, &installed).map_err(failed)?;
    let unused_trees = unused(&used, |kind| root.store_part(kind)).map_err(failed)?;
    let mut going =
        Going { generations: gone.into_iter().collect(), entries: unused_trees.into_iter().collect() };
    let mut report = GcReport {
        dry_run: options.dry_run,
        kept: Vec::new(),
        generations: Vec::new(),
        entries: Vec::new(),
        originals: originals.files.len(),
        freed_bytes: 0,
        in_use: Vec::new(),
        processes: None,
        unfinished: standing.is_unfinished,
    };
    if !going.is_empty() {
        let processes = Processes::look(Path::new("/proc"), root);
        report.processes =
            Some(ProcessesSeen { visible: processes.visible, unreadable: processes.unreadable });
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
    for path in paths.iter().chain(&own.files).chain(&originals.files) {
        disk.count(path, 0).map_err(failed)?;
    }
    if !options.dry_run {
        remove(root, &paths).map_err(failed)?;
        originals.remove(root).map_err(failed)?;
        if let Err(error) = own.remove(root, access.now) {
            tracing::info!("what the host signed and nothing uses could not be removed: {error}");
        }
    }
    report.kept = kept.into_iter().collect();
    report.freed_bytes = disk.freed();
    report.entries = removed_entries(entries);
    report.generations = generations;
    Ok(report)
}

/// The processes that use anything of `root`, through whatever links, and how far they could be looked at.
pub(super) fn live_processes(root: &HostRoot) -> (Vec<UsingProcess>, ProcessesSeen) {
    let seen = Processes::look(Path::new("/proc"), root);
    let using = seen.using.into_iter().map(|using| UsingProcess {
        pid: using.pid,
        command: using.command,
        generations: using.generations.into_iter().collect(),
        entries: removed_entries(using.trees),
    });
    (using.collect(), ProcessesSeen { visible: seen.visible, unreadable: seen.unreadable })
}

/// What of the host's own registry no kept generation uses; nothing where it cannot be read, as that stops nothing else.
fn own_unused(root: &HostRoot, used: &BTreeSet<Digest>, now: Timestamp) -> Unused {
    Unused::of(root, used, now).unwrap_or_else(|error| {
        tracing::info!("what the host signed is left as it is: {error}");
        Unused::default()
    })
}

fn removed_entries(entries: impl IntoIterator<Item = (StoreKind, Digest)>) -> Vec<RemovedEntry> {
    entries.into_iter().map(|(kind, digest)| RemovedEntry { kind, digest }).collect()
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

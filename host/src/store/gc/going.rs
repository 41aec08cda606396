//! The generations and trees that would go, less what live processes need.

use std::collections::{BTreeMap, BTreeSet};

use attune_schemas::Digest;
use jiff::{SignedDuration, Timestamp};

use super::processes::Using;
use super::removed_entries;
use super::report::UsingProcess;
use crate::generation::{Generation, InstalledPack};
use crate::root::{HostRoot, StoreKind};

/// What no kept generation uses.
pub(super) struct Going {
    pub(super) generations: BTreeSet<u64>,
    pub(super) entries: BTreeSet<(StoreKind, Digest)>,
}

impl Going {
    pub(super) fn is_empty(&self) -> bool {
        self.generations.is_empty() && self.entries.is_empty()
    }

    /// What of it stays for process `using`; `None` if that is nothing. A generation stays whole, so that the next
    /// removal still knows what belongs together.
    pub(super) fn spare(&self, using: &Using, locks: &Locks) -> Option<UsingProcess> {
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

    pub(super) fn take_out(&mut self, in_use: &[UsingProcess]) {
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
pub(super) struct Locks(BTreeMap<u64, Generation>);

impl Locks {
    pub(super) fn of(root: &HostRoot, ids: &[u64]) -> Self {
        let load = |id: &u64| Some((*id, Generation::load(&root.generation(*id)).ok()?));
        Self(ids.iter().filter_map(load).collect())
    }

    /// The generations that were active in the `span` before `now`: each was until the next one was made. One whose next
    /// one is gone or cannot be read counts until the next that can be, and so stays longer rather than shorter.
    pub(super) fn active_since(&self, now: Timestamp, span: SignedDuration) -> BTreeSet<u64> {
        if !span.is_positive() {
            return BTreeSet::new();
        }
        let since = now.checked_sub(span).unwrap_or(Timestamp::MIN);
        let ids: Vec<u64> = self.0.keys().copied().collect();
        let ended = self.0.values().skip(1).map(|next| next.created_at);
        ids.into_iter().zip(ended).filter(|(_, ended)| *ended >= since).map(|(id, _)| id).collect()
    }

    /// The generations that may have been active at `time`: the newest that was made by then, and the one before it,
    /// as a large installation takes a while from its beginning to its last step. Clocks are set, so one that was made
    /// a little later counts as well.
    fn active_at(&self, time: Timestamp) -> Vec<u64> {
        let latest = time.checked_add(SignedDuration::from_mins(1)).unwrap_or(time);
        let made = self.0.values().filter(|lock| lock.created_at <= latest);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generation_was_active_until_the_next_one_was_made() {
        let at = |hours: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let made = [(1, 0), (2, 90), (5, 96), (6, 100)];
        let locks = Locks(
            made.into_iter()
                .map(|(id, hours)| (id, Generation { id, created_at: at(hours), ..Generation::empty() }))
                .collect(),
        );
        let since = |hours| {
            let span = SignedDuration::from_hours(hours);
            locks.active_since(at(101), span).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(since(0), [0_u64; 0]);
        assert_eq!(since(1), [5], "the first hour in which the fifth was active counts");
        assert_eq!(since(5), [2, 5]);
        assert_eq!(since(10), [2, 5]);
        assert_eq!(since(11), [1, 2, 5]);
        assert_eq!(locks.active_since(at(101), SignedDuration::MAX).len(), 3);
    }
}

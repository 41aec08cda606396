//! Memory and threads that the wheels which are unpacked at the same time share.

use std::sync::atomic::{AtomicUsize, Ordering};

use attune_registry::blob::{BlobSpool, BorrowedMemory};
use attune_registry::workers::processors_for;

/// The most threads that help to write wheels, beside the one that each wheel has.
const MAX_HELPERS: usize = 4;

/// The bounds of all unpackers together.
#[derive(Debug)]
pub struct Room<'a> {
    memory: &'a BlobSpool,
    helpers: AtomicUsize,
}

/// Leave to start some threads; given back when dropped.
pub(super) struct Helpers<'a> {
    free: &'a AtomicUsize,
    count: usize,
}

impl<'a> Room<'a> {
    /// That of this machine, with the memory of `spool`.
    pub fn new(spool: &'a BlobSpool) -> Self {
        Self { memory: spool, helpers: AtomicUsize::new(processors_for(MAX_HELPERS)) }
    }

    /// Memory for a file that is inflated in one piece; `None` where there is too little at this moment.
    pub(super) fn memory_now(&self, bytes: u64) -> Option<BorrowedMemory> {
        self.memory.lend_now(bytes)
    }

    /// The same, which others may be waited for.
    pub(super) fn memory(&self, bytes: u64) -> Option<BorrowedMemory> {
        self.memory.lend(bytes)
    }

    /// Leave for at most `wanted` threads, and no more than there are other processors.
    pub(super) fn helpers(&self, wanted: usize) -> Helpers<'_> {
        let wanted = wanted.min(processors_for(MAX_HELPERS + 1) - 1);
        let rest = |free: usize| Some(free.saturating_sub(wanted));
        let free = self.helpers.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest);
        Helpers { free: &self.helpers, count: free.unwrap_or_default().min(wanted) }
    }
}

impl Helpers<'_> {
    /// Their number.
    pub(super) const fn count(&self) -> usize {
        self.count
    }
}

impl Drop for Helpers<'_> {
    fn drop(&mut self) {
        self.free.fetch_add(self.count, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpers_are_as_many_as_processors_however_many_wheels_want_them() {
        let spool = BlobSpool::default();
        let room = Room::new(&spool);
        assert_eq!(room.helpers(0).count(), 0);
        let all: Vec<_> = (0..100).map(|_| room.helpers(100)).collect();
        assert!(all.iter().map(Helpers::count).sum::<usize>() <= processors_for(MAX_HELPERS));
        drop(all);
        assert_eq!(room.helpers.into_inner(), processors_for(MAX_HELPERS));
    }
}

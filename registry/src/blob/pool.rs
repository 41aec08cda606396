//! Memory of blobs, used again: what the kernel gives anew has to be filled with zeros first, page by page.

use std::collections::TryReserveError;
use std::sync::{Arc, Mutex, PoisonError};

use super::budget::{Budget, Share};

/// Buffers that are free.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Vec<Vec<u8>>>>);

/// The most buffers that wait to be used again, beside the budget.
const MAX_FREE: usize = 2;

/// Bytes of a pool, to which they go back when dropped.
#[derive(Debug)]
pub(super) struct PooledBytes {
    bytes: Vec<u8>,
    pool: Pool,
    /// All that the buffer has room for, of the budget.
    _share: Share,
}

impl Pool {
    /// An empty buffer, for `capacity` bytes: one that is free, unless its room would be wasted.
    pub(super) fn take(&self, capacity: usize, budget: &Arc<Budget>) -> PooledBytes {
        let fits = |bytes: &Vec<u8>| bytes.capacity() >= capacity && bytes.capacity() / 2 <= capacity;
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = free.iter().position(fits).map(|at| free.swap_remove(at)).unwrap_or_default();
        // Whoever waits for room waits for others to give theirs back here.
        drop(free);
        let share = Budget::take(budget, bytes.capacity().max(capacity) as u64);
        PooledBytes { bytes, pool: self.clone(), _share: share }
    }

    /// Gives the free buffers back to the system.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl PooledBytes {
    /// Makes room for `capacity` bytes.
    pub(super) fn reserve(&mut self, capacity: usize) -> Result<(), TryReserveError> {
        self.bytes.try_reserve_exact(capacity)
    }

    /// The bytes, to be filled.
    pub(super) const fn content(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

impl Drop for PooledBytes {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        let mut free = self.pool.0.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(bytes);
        if free.len() > MAX_FREE {
            free.remove(0);
        }
    }
}

impl AsRef<[u8]> for PooledBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_where_it_fits() {
        let (pool, budget) = (Pool::default(), Budget::new(100));
        let buffer = |capacity| {
            let mut bytes = pool.take(capacity, &budget);
            bytes.reserve(capacity).unwrap();
            bytes.content().extend([7; 10]);
            bytes.as_ref().as_ptr()
        };
        let first = buffer(100);
        assert_eq!(buffer(60), first);
        assert_ne!(buffer(10), first);
        assert!(pool.take(100, &budget).as_ref().is_empty());
    }
}

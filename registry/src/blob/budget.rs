//! Bounds the memory and the spool files of blobs between check and use.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A number of units that holders share; a holder that finds too few waits.
#[derive(Debug)]
pub(super) struct Budget {
    free: Mutex<u64>,
    returned: Condvar,
}

/// Units of a [`Budget`]; given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    units: u64,
}

impl Budget {
    /// A budget of `units`.
    pub(super) fn new(units: u64) -> Arc<Self> {
        Arc::new(Self { free: Mutex::new(units), returned: Condvar::new() })
    }

    /// Waits for `units`, which must be within the whole budget, and takes them.
    pub(super) fn take(budget: &Arc<Self>, units: u64) -> Share {
        let mut free = budget.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free < units {
            free = budget.returned.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= units;
        Share { budget: Arc::clone(budget), units }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        *self.budget.free.lock().unwrap_or_else(PoisonError::into_inner) += self.units;
        self.budget.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_finds_too_little_waits_for_the_others() {
        let budget = Budget::new(3);
        let two = Budget::take(&budget, 2);
        drop(Budget::take(&budget, 1));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| drop(Budget::take(&budget, 2)));
            std::thread::sleep(Duration::from_millis(20));
            assert!(!waiting.is_finished());
            drop(two);
            waiting.join().unwrap();
        });
    }
}

//! Bounds the memory and the spool files of blobs between check and use.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A number of units that holders share; a holder that finds too few waits.
#[derive(Debug)]
pub(super) struct Budget {
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Debug)]
struct State {
    free: u64,
    /// Loans that are out.
    loans: u64,
    /// Whether somebody waits for a loan to come back.
    awaited: bool,
}

/// Units of a [`Budget`]; given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    units: u64,
}

/// Units of a [`Budget`] that come back soon: whoever holds them waits for nobody.
#[derive(Debug)]
pub(super) struct Loan(Share);

impl Budget {
    /// A budget of `units`.
    pub(super) fn new(units: u64) -> Arc<Self> {
        let state = Mutex::new(State { free: units, loans: 0, awaited: false });
        Arc::new(Self { state, returned: Condvar::new() })
    }

    /// Waits for `units`, which must be within the whole budget, and takes them.
    pub(super) fn take(budget: &Arc<Self>, units: u64) -> Share {
        let mut state = budget.lock();
        while state.free < units {
            state = budget.wait(state);
        }
        state.free -= units;
        Share { budget: Arc::clone(budget), units }
    }

    /// Takes `units` for a while. Where there are too few, one at a time waits for loans that are out; `None` where
    /// there are none, or another waits already.
    pub(super) fn lend(budget: &Arc<Self>, units: u64) -> Option<Loan> {
        let mut state = budget.lock();
        while state.free < units {
            if state.loans == 0 || state.awaited {
                return None;
            }
            state.awaited = true;
            state = budget.wait(state);
            state.awaited = false;
        }
        Some(Self::lent(budget, state, units))
    }

    /// Takes `units` for a while; `None` where there are too few.
    pub(super) fn lend_now(budget: &Arc<Self>, units: u64) -> Option<Loan> {
        let state = budget.lock();
        (state.free >= units).then(|| Self::lent(budget, state, units))
    }

    fn lent(budget: &Arc<Self>, mut state: MutexGuard<'_, State>, units: u64) -> Loan {
        state.free -= units;
        state.loans += 1;
        Loan(Share { budget: Arc::clone(budget), units })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.returned.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.lock().free += self.units;
        self.budget.returned.notify_all();
    }
}

impl Drop for Loan {
    /// The units follow, and wake who waits.
    fn drop(&mut self) {
        self.0.budget.lock().loans -= 1;
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

    #[test]
    fn a_loan_is_waited_for_by_one_and_a_share_by_nobody() {
        let budget = Budget::new(3);
        let share = Budget::take(&budget, 1);
        assert!(Budget::lend(&budget, 3).is_none());
        let two = Budget::lend(&budget, 2).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| Budget::lend(&budget, 1).map(drop));
            while !budget.lock().awaited {
                std::thread::yield_now();
            }
            assert!(Budget::lend(&budget, 1).is_none());
            assert!(Budget::lend_now(&budget, 1).is_none());
            drop(two);
            assert!(waiting.join().unwrap().is_some());
        });
        drop(share);
        assert!(Budget::lend(&budget, 3).is_some());
    }
}

//! Lets one spooled blob be on disk at a time.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A gate with room for one.
#[derive(Debug, Default)]
pub(super) struct SpoolGate {
    taken: Mutex<bool>,
    left: Condvar,
}

/// The room behind the gate; free again when dropped.
#[derive(Debug)]
pub(super) struct SpoolSlot(Arc<SpoolGate>);

impl SpoolGate {
    /// Waits until nobody is behind the gate.
    pub(super) fn enter(gate: &Arc<Self>) -> SpoolSlot {
        let mut taken = gate.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken {
            taken = gate.left.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken = true;
        SpoolSlot(Arc::clone(gate))
    }
}

impl Drop for SpoolSlot {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_second_waits_for_the_first() {
        let gate = Arc::new(SpoolGate::default());
        let first = SpoolGate::enter(&gate);
        std::thread::scope(|scope| {
            let second = scope.spawn(|| drop(SpoolGate::enter(&gate)));
            std::thread::sleep(Duration::from_millis(20));
            assert!(!second.is_finished());
            drop(first);
            second.join().unwrap();
        });
    }
}

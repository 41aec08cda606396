//! Work on things side by side whose outcome is that of one after another: the first that stops the rest counts, and
//! nobody waits for those behind it.

use std::sync::atomic::{AtomicUsize, Ordering};

use attune_host::process::Interrupt;
use attune_registry::workers::in_parallel;

/// Things that take their turns, each with an interrupt of its own.
pub(crate) struct Turns<T> {
    turns: Vec<(usize, T, Interrupt)>,
    /// The first that stops the rest.
    last: AtomicUsize,
}

impl<T: Sync> Turns<T> {
    /// The turns of `items`; `interrupt` stops all of them.
    pub(crate) fn new(items: Vec<T>, interrupt: &Interrupt) -> Self {
        let turns = items.into_iter().enumerate().map(|(index, item)| (index, item, interrupt.below()));
        Self { turns: turns.collect(), last: AtomicUsize::new(usize::MAX) }
    }

    /// The outcomes of `work`, in order, up to the first that it says is the last one. Those behind that are stopped, or
    /// not begun.
    pub(crate) fn take<R: Send>(&self, work: impl Fn(&T, &Interrupt) -> (R, bool) + Sync) -> Vec<(&T, R)> {
        let outcomes = in_parallel(&self.turns, |(index, item, interrupt)| {
            if *index > self.last.load(Ordering::Acquire) {
                return None;
            }
            let (outcome, is_last) = work(item, interrupt);
            if is_last {
                self.last.fetch_min(*index, Ordering::AcqRel);
                self.turns[index + 1..].iter().for_each(|(_, _, behind)| behind.raise());
            }
            Some(outcome)
        });
        let last = self.last.load(Ordering::Acquire);
        let all = self.turns.iter().zip(outcomes);
        let counted = all.take_while(|((index, ..), _)| *index <= last);
        counted.filter_map(|((_, item, _), outcome)| Some((item, outcome?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// The outcomes of turns that each wait until they are stopped, or have something to say.
    fn outcomes(turns: &[Option<bool>], interrupt: &Interrupt) -> Vec<usize> {
        let items: Vec<(usize, Option<bool>)> = turns.iter().copied().enumerate().collect();
        let turns = Turns::new(items, interrupt);
        let outcomes = turns.take(|(index, is_last), interrupt| {
            let limit = Instant::now() + Duration::from_mins(1);
            while is_last.is_none() && !interrupt.is_raised() {
                assert!(Instant::now() < limit, "nobody stopped it");
                std::thread::yield_now();
            }
            (*index, is_last.unwrap_or(true))
        });
        outcomes.into_iter().map(|(_, index)| index).collect()
    }

    #[test]
    fn outcomes_are_in_order_up_to_the_last() {
        let interrupt = Interrupt::default();
        assert_eq!(outcomes(&[Some(false); 5], &interrupt), [0, 1, 2, 3, 4]);
        assert_eq!(outcomes(&[Some(false), Some(true), Some(false), Some(true)], &interrupt), [0, 1]);
        assert_eq!(outcomes(&[], &interrupt), [0; 0]);
    }

    #[test]
    fn nobody_waits_for_those_behind_the_last() {
        assert_eq!(outcomes(&[Some(true), None, None], &Interrupt::default()), [0]);
    }

    #[test]
    fn an_interrupt_stops_all() {
        let interrupt = Interrupt::default();
        interrupt.raise();
        assert_eq!(outcomes(&[None, None], &interrupt), [0]);
    }
}

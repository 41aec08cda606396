//! Work that several threads share, on as many as the machine lets us start: where it refuses, the calling thread
//! does it alone.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle, Scope, ScopedJoinHandle};

/// As many threads as there are processors, and no more than there are `tasks`.
pub fn processors_for(tasks: usize) -> usize {
    thread::available_parallelism().map_or(1, NonZeroUsize::get).min(tasks)
}

/// Runs `worker` on `count` threads, of which the calling one is the first. Workers take their tasks from a common
/// queue, so that fewer threads than asked for take longer and leave nothing undone.
pub fn share_work(count: usize, worker: impl Fn() + Sync) {
    thread::scope(|scope| {
        for _ in 1..count {
            if start(scope, &worker).is_none() {
                break;
            }
        }
        if count > 0 {
            worker();
        }
    });
}

/// The results of `work` on every item, in the items' order; as many are worked on at a time as there are processors.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(items.len())));
    let worker = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return };
            let result = work(item);
            done.lock().expect("nobody panics while holding it").push((index, result));
        }
    };
    share_work(processors_for(items.len()), worker);
    let mut done = done.into_inner().expect("nobody panics while holding it");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Starts a thread that does `work`; `None` where the machine refuses one.
pub fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Option<ScopedJoinHandle<'scope, T>> {
    thread::Builder::new().spawn_scoped(scope, work).ok()
}

/// Starts a thread that does `work` beside everything else; `None` where the machine refuses one.
pub fn start_beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<JoinHandle<T>> {
    thread::Builder::new().spawn(work).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_items_order() {
        let items: Vec<u64> = (0..100).collect();
        assert_eq!(
            in_parallel(&items, |item| item * 2),
            items.iter().map(|item| item * 2).collect::<Vec<_>>()
        );
        assert!(in_parallel(&[0; 0], |item: &u64| *item).is_empty());
    }

    #[test]
    fn all_is_done_whatever_the_number_of_threads() {
        for count in [1, 2, 7] {
            let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
            share_work(count, || {
                while next.fetch_add(1, Ordering::Relaxed) < 100 {
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
            assert_eq!(done.into_inner(), 100);
        }
        share_work(0, || panic!("nobody was asked to work"));
    }
}

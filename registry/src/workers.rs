//! Work that several threads share, on as many as the machine lets us start: where it refuses, the calling thread
//! does it alone.

use std::num::NonZeroUsize;
use std::thread::{self, Scope, ScopedJoinHandle};

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

/// Starts a thread that does `work`; `None` where the machine refuses one.
pub fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Option<ScopedJoinHandle<'scope, T>> {
    thread::Builder::new().spawn_scoped(scope, work).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

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

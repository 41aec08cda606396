//! Work that several threads share, on as many as the machine lets us start: where it refuses, the calling thread
//! does it alone.

mod beside;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle, Scope, ScopedJoinHandle};

pub use beside::{PIECE_BYTES, use_beside};

/// As many threads as there are processors, and no more than there are `tasks`.
pub fn processors_for(tasks: usize) -> usize {
    // The standard library reads the limits of control groups for each answer.
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    let processors = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
    if tasks > 1 { tasks.min(*PROCESSORS.get_or_init(processors)) } else { tasks }
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

/// Does `work` on every item, several at a time on `threads` threads, and gives the results to `take` on the calling
/// thread, in the items' order. The first error of `take` is the end: what is not begun by then is left undone.
///
/// At most twice as many results wait as there are threads.
///
/// # Errors
/// The first of `take`.
pub fn in_order<T: Sync, R: Send, E>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let threads = if items.len() > 1 { threads.min(items.len()) } else { 0 };
    let (jobs, queue) = mpsc::channel::<usize>();
    let (results, arrived) = mpsc::channel();
    let (queue, stopped) = (Mutex::new(queue), AtomicBool::new(false));
    thread::scope(|scope| {
        let (queue, stopped, work) = (&queue, &stopped, &work);
        let serve = |results: Sender<(usize, thread::Result<R>)>| {
            move || {
                loop {
                    let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Some(index) = job.ok().filter(|_| !stopped.load(Ordering::Relaxed)) else { return };
                    let result = panic::catch_unwind(AssertUnwindSafe(|| work(&items[index])));
                    // Nobody waits for it where an earlier one was an error.
                    let _ = results.send((index, result));
                }
            }
        };
        let started = (0..threads).map_while(|_| start(scope, serve(results.clone()))).count();
        if started == 0 {
            return items.iter().try_for_each(|item| take(work(item)));
        }
        let mut handed_out = 0;
        let mut waiting = BTreeMap::new();
        let taken = (0..items.len()).try_for_each(|index| {
            while handed_out < items.len().min(index + 2 * started) {
                jobs.send(handed_out).expect("the queue outlives those who serve it");
                handed_out += 1;
            }
            let result = loop {
                if let Some(result) = waiting.remove(&index) {
                    break result;
                }
                waiting.extend(arrived.recv());
            };
            take(result.unwrap_or_else(|panic| panic::resume_unwind(panic)))
        });
        // The threads end with the queue.
        stopped.store(true, Ordering::Relaxed);
        drop(jobs);
        taken
    })
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

    #[test]
    fn what_is_done_side_by_side_is_taken_in_order() {
        let items: Vec<u64> = (0..50).collect();
        for threads in [0, 1, 3, 64] {
            let mut taken = Vec::new();
            let work = |item: &u64| {
                thread::sleep(std::time::Duration::from_millis(7 * item % 5));
                *item
            };
            in_order(&items, threads, work, |item| {
                taken.push(item);
                Ok::<_, ()>(())
            })
            .unwrap();
            assert_eq!(taken, items, "{threads} threads");
        }
    }

    #[test]
    fn the_first_error_in_order_ends_it() {
        let items: Vec<usize> = (0..1000).collect();
        for threads in [0, 2, 5] {
            let done = AtomicUsize::new(0);
            let work = |item: &usize| {
                done.fetch_add(1, Ordering::Relaxed);
                if item % 10 == 3 { Err(*item) } else { Ok(()) }
            };
            assert_eq!(in_order(&items, threads, work, |result| result), Err(3));
            assert!(done.into_inner() <= 4 + 3 * threads, "what was not begun is left undone");
        }
    }

    #[test]
    #[should_panic(expected = "of the third")]
    fn a_panic_of_the_work_is_one_of_the_caller() {
        let work = |item: &u8| assert!(*item != 3, "of the third");
        let _ = in_order(&[1, 2, 3, 4], 2, work, |()| Ok::<_, ()>(()));
    }
}

//! The threads that answer requests.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use tokio::runtime::{Builder, Runtime};
use tokio::task::spawn_blocking;

/// For how long a thread that reads files waits for the next one. As long as there is one, requests wait for it where
/// the machine has no more.
const KEPT: Duration = Duration::from_hours(24);
/// The longest time that all of it may take.
const START_LIMIT: Duration = Duration::from_secs(5);

/// Starts a runtime with its threads.
///
/// # Errors
/// The machine gives no threads, or no descriptors for what they wait by.
pub fn start_runtime() -> io::Result<Runtime> {
    within_limit(|| {
        let runtime = Builder::new_multi_thread().enable_all().thread_keep_alive(KEPT).build()?;
        runtime.block_on(async { spawn_blocking(|| ()).await })?;
        Ok(runtime)
    })
}

/// Tokio panics where it is given too few threads or descriptors, and then waits for the threads that it has.
fn within_limit<T: Send + 'static>(start: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    let (sender, receiver) = mpsc::channel();
    let usual = take_hook();
    let panicked = sender.clone();
    set_hook(Box::new(move |panic| {
        let words = panic.payload_as_str().unwrap_or_default();
        let _ = panicked.send(Err(number_in(words).map_or_else(no_threads, io::Error::from_raw_os_error)));
    }));
    let outcome = thread::Builder::new()
        .spawn(move || catch_unwind(AssertUnwindSafe(|| sender.send(start()))))
        .and_then(|_| receiver.recv_timeout(START_LIMIT).unwrap_or_else(|_| Err(no_threads())));
    set_hook(usual);
    outcome
}

/// The number of the kernel's error in the words of a panic, in either form that the standard library gives it.
fn number_in(words: &str) -> Option<i32> {
    let (_, after) = words.split_once("(os error ").or_else(|| words.split_once("code: "))?;
    after.split(|next: char| !next.is_ascii_digit()).next()?.parse().ok()
}

fn no_threads() -> io::Error {
    Errno::AGAIN.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_the_fault_that_it_tells_of_or_a_lack_of_threads() {
        let fault = io::Error::from_raw_os_error(24);
        let words = ["OS can't spawn worker thread".to_owned(), format!("{fault:?}"), format!("{fault}")];
        let told = words.map(|words| {
            let error = within_limit::<()>(move || panic!("{words}")).unwrap_err();
            error.raw_os_error().unwrap()
        });
        assert_eq!(told, [Errno::AGAIN.raw_os_error(), 24, 24]);
        // Not a test of its own: there is one hook for panics.
        assert_eq!(start_runtime().unwrap().block_on(async { 7 }), 7);
    }
}

//! Has the disk write while trees are still being unpacked and tested, so that little is left to wait for at the end.
//!
//! It promises nothing: what must be on disk is synced by whoever says so. But a fault of the disk is told once, to
//! whoever syncs next; so it is told here, and whoever ends it must not go on.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use attune_registry::workers::start_beside;

use super::activate::sync_root;
use crate::root::HostRoot;

/// How long the disk is left alone between two rounds.
const PAUSE: Duration = Duration::from_millis(20);

/// Writes a root's file system back, again and again, until it is told to end.
#[derive(Debug)]
pub struct WriteBack {
    ended: Arc<AtomicBool>,
    rounds: Option<JoinHandle<io::Result<()>>>,
}

impl WriteBack {
    /// Starts it for `root`; `None` where the machine has no thread for it.
    pub fn start(root: &HostRoot) -> Option<Self> {
        let ended = Arc::new(AtomicBool::new(false));
        let (root, is_ended) = (root.clone(), Arc::clone(&ended));
        let rounds = start_beside(move || {
            while !is_ended.load(Ordering::Acquire) {
                sync_root(&root)?;
                thread::park_timeout(PAUSE);
            }
            Ok(())
        });
        Some(Self { ended, rounds: Some(rounds?) })
    }

    /// Ends it.
    ///
    /// # Errors
    /// The disk failed in one of its rounds.
    pub fn end(mut self) -> io::Result<()> {
        let Some(rounds) = self.rounds.take() else { return Ok(()) };
        self.ended.store(true, Ordering::Release);
        rounds.thread().unpark();
        rounds.join().expect("writing back does not panic")
    }
}

impl Drop for WriteBack {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_when_it_is_told_to_and_tells_the_fault_of_a_round() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(directory.path()).unwrap();
        WriteBack::start(&root).unwrap().end().unwrap();
        let gone = HostRoot::recorded(&directory.path().join("gone"));
        let write_back = WriteBack::start(&gone).unwrap();
        while !write_back.rounds.as_ref().unwrap().is_finished() {
            thread::yield_now();
        }
        assert_eq!(write_back.end().unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}

//! The most that one source may take, of time and of the disk.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::fault::Fault;
use crate::process::Interrupt;

/// How long all of it may take.
const TIME: Duration = Duration::from_hours(1);
/// The most bytes of all files, as of archives.
const FILES_BYTES: u64 = 4 << 30;
/// The most files, directories and links.
const ENTRIES: u64 = 1_000_000;
/// How often somebody looks whether to stop.
const INTERVAL: Duration = Duration::from_millis(50);

/// What is left of it.
pub(super) struct Limits<'a> {
    interrupt: &'a Interrupt,
    end: Instant,
    bytes: u64,
    entries: u64,
}

impl<'a> Limits<'a> {
    pub(super) fn new(interrupt: &'a Interrupt) -> Self {
        Self { interrupt, end: Instant::now() + TIME, bytes: FILES_BYTES, entries: ENTRIES }
    }

    /// Takes an entry with so many bytes.
    pub(super) fn take(&mut self, bytes: u64) -> Result<(), Fault> {
        self.check()?;
        let too_large = |what: &str| Fault::Broken(format!("it is too large: there are more than {what}"));
        self.entries = self.entries.checked_sub(1).ok_or_else(|| too_large(&format!("{ENTRIES} files")))?;
        self.bytes = self
            .bytes
            .checked_sub(bytes)
            .ok_or_else(|| too_large(&format!("{FILES_BYTES} bytes in files")))?;
        Ok(())
    }

    /// An error if it is time to stop.
    pub(super) fn check(&self) -> Result<(), Fault> {
        match () {
            () if self.interrupt.is_raised() => Err(Fault::Interrupted),
            () if self.left().is_zero() => Err(Fault::Broken("it did not end, and was stopped".to_owned())),
            () => Ok(()),
        }
    }

    /// The time that is left.
    pub(super) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    pub(super) const fn interrupt(&self) -> &Interrupt {
        self.interrupt
    }

    /// Does `work`, and raises the flag that it looks at when it is time to stop.
    pub(super) fn watched<T>(&self, work: impl FnOnce(&AtomicBool) -> T) -> T {
        let (stop, is_done) = (AtomicBool::new(false), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    if self.check().is_err() {
                        stop.store(true, Ordering::Relaxed);
                    }
                    std::thread::park_timeout(INTERVAL);
                }
            });
            let done = work(&stop);
            is_done.store(true, Ordering::Relaxed);
            watcher.thread().unpark();
            done
        })
    }
}

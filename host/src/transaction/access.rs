//! How a root is taken hold of: at what time, and how long another change is waited for.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use attune_registry::report::{NewTask, Reporter};
use jiff::Timestamp;

use super::held_root::AccessError;
use crate::process::Interrupt;
use crate::root::{CreatedPaths, HostRoot, InstallLock, LockError};

/// The pause between two looks at a lock that another process holds.
const PAUSE: Duration = Duration::from_millis(50);
/// The looks at a lock whose holder the kernel does not tell: mostly it has just let go.
const LOOKS: usize = 3;

/// How a root is taken hold of.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The time.
    pub now: Timestamp,
    /// The patience with another change that holds the root; `None` to be refused at once.
    pub wait: Option<Wait<'a>>,
}

/// The patience with another change.
#[derive(Clone, Copy)]
pub struct Wait<'a> {
    /// The longest time to wait.
    pub longest: Duration,
    /// Ends the waiting.
    pub interrupt: &'a Interrupt,
    /// Told of the waiting.
    pub reporter: &'a dyn Reporter,
}

impl fmt::Debug for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait").field("longest", &self.longest).finish_non_exhaustive()
    }
}

impl Access<'_> {
    /// One that is refused at once where another change holds the root.
    pub const fn at(now: Timestamp) -> Self {
        Access { now, wait: None }
    }

    /// The lock of `root`; what locking has to create is recorded in `created`.
    pub(super) fn lock(
        &self,
        root: &HostRoot,
        created: &mut CreatedPaths,
    ) -> Result<InstallLock, AccessError> {
        let begun = Instant::now();
        let (mut shown, mut looks) = (None, 0);
        loop {
            looks += 1;
            let holder = match InstallLock::acquire(root, created) {
                Err(LockError::Busy { holder: None, .. }) if looks < LOOKS => {
                    thread::sleep(PAUSE / 10);
                    continue;
                }
                Err(LockError::Busy { holder, .. }) => holder,
                locked => return Ok(locked?),
            };
            let waited = begun.elapsed();
            let Some(wait) = self.wait.as_ref().filter(|wait| waited < wait.longest) else {
                return Err(LockError::Busy { root: root.path().to_owned(), holder }.into());
            };
            wait.interrupt.check()?;
            shown.get_or_insert_with(|| {
                let other = holder.map_or_else(|| "another install".to_owned(), |holder| holder.to_string());
                wait.reporter.task(NewTask::new(&format!("waiting for {other}")))
            });
            thread::sleep(PAUSE.min(wait.longest.saturating_sub(waited)));
        }
    }
}

#[cfg(test)]
mod tests {
    use attune_registry::report::Silent;

    use super::*;

    #[test]
    fn a_change_waits_for_as_long_as_it_is_told_to() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(directory.path()).unwrap();
        let mut created = CreatedPaths::default();
        let held = InstallLock::acquire(&root, &mut created).unwrap();
        let interrupt = Interrupt::default();
        let wait = |longest| Access {
            now: Timestamp::UNIX_EPOCH,
            wait: Some(Wait { longest, interrupt: &interrupt, reporter: &Silent }),
        };
        let lock = |access: &Access<'_>| access.lock(&root, &mut CreatedPaths::default());
        let is_busy = |found| matches!(found, Err(AccessError::Lock(LockError::Busy { .. })));
        assert!(is_busy(lock(&Access::at(Timestamp::UNIX_EPOCH))));
        assert!(is_busy(lock(&wait(Duration::from_millis(120)))));
        thread::scope(|scope| {
            let waiting = scope.spawn(|| lock(&wait(Duration::MAX)));
            thread::sleep(Duration::from_millis(80));
            assert!(!waiting.is_finished());
            drop(held);
            waiting.join().unwrap().unwrap();
        });
    }

    #[test]
    fn an_interrupt_ends_the_waiting() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(directory.path()).unwrap();
        let mut created = CreatedPaths::default();
        let _held = InstallLock::acquire(&root, &mut created).unwrap();
        let interrupt = Interrupt::default();
        interrupt.raise();
        let wait = Wait { longest: Duration::MAX, interrupt: &interrupt, reporter: &Silent };
        let access = Access { now: Timestamp::UNIX_EPOCH, wait: Some(wait) };
        let error = access.lock(&root, &mut CreatedPaths::default()).unwrap_err();
        assert!(matches!(error, AccessError::Interrupted(_)), "{error}");
    }
}

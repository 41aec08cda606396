//! Stopping on request: a flag that is looked at between steps, and that signals raise.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// Whether to stop; clones share the flag.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    flag: Arc<AtomicBool>,
    /// Flags that stop it as well.
    above: Vec<Arc<AtomicBool>>,
}

/// Somebody asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// The exit code that shells report for a program that a signal ended, less the signal's number.
const EXIT_CODE: i32 = 130;

impl Interrupt {
    /// Raised by SIGINT, SIGTERM and SIGHUP; a second signal ends the process at once.
    pub fn on_signals() -> io::Result<Self> {
        let interrupt = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // Registered first, so that it sees the flag as it was before this signal.
            flag::register_conditional_shutdown(signal, EXIT_CODE, Arc::clone(&interrupt.flag))?;
            flag::register(signal, Arc::clone(&interrupt.flag))?;
        }
        Ok(interrupt)
    }

    /// One for a part of the work: whatever stops the whole stops the part, and not the other way round.
    #[must_use]
    pub fn below(&self) -> Self {
        let above = self.above.iter().chain([&self.flag]).map(Arc::clone).collect();
        Self { flag: Arc::default(), above }
    }

    /// Asks to stop.
    pub fn raise(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked to stop.
    pub fn is_raised(&self) -> bool {
        self.above.iter().chain([&self.flag]).any(|flag| flag.load(Ordering::Relaxed))
    }

    /// An error if somebody asked to stop.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.is_raised() { Err(Interrupted) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_stops_its_parts_and_no_part_the_whole() {
        let whole = Interrupt::default();
        let (part, other) = (whole.below(), whole.below());
        part.below().raise();
        assert!(!part.is_raised());
        part.raise();
        assert!(part.is_raised() && part.below().is_raised() && !other.is_raised() && !whole.is_raised());
        whole.raise();
        assert!(other.is_raised() && other.below().check().is_err());
    }
}

//! A signal that ends the process leaves a clean screen behind, and nothing that was temporary.

use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use attune_registry::process::Interrupt;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::screen;

/// What is done where a signal ends the process.
type LastDeed = Box<dyn FnOnce() + Send>;

/// The signals of this process, once they are waited for.
#[derive(Default)]
struct Waiting {
    /// Whether the first signal is no more than a request.
    is_held: AtomicBool,
    interrupt: Interrupt,
    last_deeds: Mutex<Vec<LastDeed>>,
}

static WAITING: OnceLock<Option<Waiting>> = OnceLock::new();

/// From now on a signal that ends this process takes the bars from the screen first. For programs that do not wait for
/// signals themselves.
pub fn clear_bars_on_signals() {
    if screen::shows_bars() {
        waiting();
    }
}

/// Signals that are held: the first only raises an interrupt, the second ends the process.
#[derive(Debug)]
pub struct HeldSignals(());

/// Holds signals until what is returned is dropped.
pub fn hold_signals() -> HeldSignals {
    if let Some(waiting) = waiting() {
        waiting.is_held.store(true, Ordering::SeqCst);
    }
    HeldSignals(())
}

impl HeldSignals {
    /// What the first signal raises.
    pub fn interrupt(&self) -> Interrupt {
        waiting().map(|waiting| waiting.interrupt.clone()).unwrap_or_default()
    }

    /// From now on a signal ends the process, after `last_deed`.
    pub fn release(self, last_deed: impl FnOnce() + Send + 'static) {
        if let Some(waiting) = waiting() {
            waiting.last_deeds.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(last_deed));
        }
    }
}

impl Drop for HeldSignals {
    fn drop(&mut self) {
        if let Some(waiting) = waiting() {
            waiting.is_held.store(false, Ordering::SeqCst);
        }
    }
}

/// `None` where signals cannot be waited for: whoever is then ended by one is no worse off than before.
fn waiting() -> Option<&'static Waiting> {
    WAITING.get_or_init(|| start().ok().map(|()| Waiting::default())).as_ref()
}

fn start() -> std::io::Result<()> {
    let caught = Arc::new(AtomicUsize::new(0));
    let (mut woken, wake) = UnixStream::pair()?;
    let number = Arc::clone(&caught);
    // The thread is there before the first signal is taken from whom it would have ended.
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        while woken.read_exact(&mut [0]).is_ok() {
            let signal = i32::try_from(number.load(Ordering::SeqCst)).unwrap_or(SIGTERM);
            if let Some(Some(waiting)) = WAITING.get() {
                if waiting.is_held.load(Ordering::SeqCst) && !waiting.interrupt.is_raised() {
                    waiting.interrupt.raise();
                    continue;
                }
                let deeds =
                    std::mem::take(&mut *waiting.last_deeds.lock().unwrap_or_else(PoisonError::into_inner));
                for deed in deeds {
                    deed();
                }
            }
            // Nothing is drawn any more while this runs.
            let _ = screen::beside_bars(|| low_level::emulate_default_handler(signal));
        }
    })?;
    for signal in [SIGINT, SIGTERM] {
        flag::register_usize(signal, Arc::clone(&caught), usize::try_from(signal).unwrap_or_default())?;
        low_level::pipe::register(signal, wake.try_clone()?)?;
    }
    Ok(())
}

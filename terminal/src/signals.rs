//! A signal that ends the process leaves a clean screen behind.

use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::screen;

/// From now on a signal that ends this process takes the bars from the screen first. For programs that do not wait for
/// signals themselves.
pub fn clear_bars_on_signals() {
    if screen::shows_bars() {
        // Whoever cannot set this is no worse off than before.
        let _ = wait_for_signals();
    }
}

fn wait_for_signals() -> std::io::Result<()> {
    let caught = Arc::new(AtomicUsize::new(0));
    let (mut woken, wake) = UnixStream::pair()?;
    let number = Arc::clone(&caught);
    // The thread is there before the first signal is taken from whom it would have ended.
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        while woken.read_exact(&mut [0]).is_ok() {
            let signal = i32::try_from(number.load(Ordering::SeqCst)).unwrap_or(SIGTERM);
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

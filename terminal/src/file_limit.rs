//! The limit of the size of files, which is a failed write and not the end of the process.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// From now on a write beyond the limit (`ulimit -f`) fails, where a signal would have ended this process in the
/// middle of its work. Programs that it runs meet the signal as ever.
pub fn survive_file_limit() {
    // Whoever cannot set this is no worse off than before.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
}

//! The signals that ask a server to stop: SIGINT (Ctrl-C) and SIGTERM (service managers).
//!
//! Once a [`Signals`] exists these signals no longer end the process; its holder decides what the first
//! and the second one mean.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// A source of requests to stop.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes over SIGINT and SIGTERM. Must be called within a tokio runtime.
    pub fn take() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next signal and names it.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

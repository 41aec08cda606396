//! `--timeout`

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use attune_host::process::Interrupt;
use attune_schemas::problem::ErrorCode;
use attune_terminal::{Failure, parse_limit};
use clap::Args;

use crate::cli::failure::CommandError;

/// The time that a command may take.
#[derive(Debug, Args)]
pub(in crate::cli) struct TimeoutArgs {
    /// Stop after this time, and clean up as after Ctrl-C: 90s, 10m, 1h
    #[arg(long, value_name = "DURATION", value_parser = parse_limit)]
    timeout: Option<Duration>,
}

/// A time limit that runs.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct TimeLimit {
    seconds: u64,
    is_over: Arc<AtomicBool>,
}

impl TimeoutArgs {
    /// Starts the limit, at which `interrupt` is raised.
    pub(in crate::cli) fn start(&self, interrupt: &Interrupt) -> TimeLimit {
        let Some(timeout) = self.timeout else { return TimeLimit::default() };
        let limit = TimeLimit { seconds: timeout.as_secs(), is_over: Arc::default() };
        let (is_over, interrupt) = (Arc::clone(&limit.is_over), interrupt.clone());
        let wait = move || {
            thread::sleep(timeout);
            is_over.store(true, Ordering::Relaxed);
            interrupt.raise();
        };
        if let Err(error) = thread::Builder::new().name("time limit".to_owned()).spawn(wait) {
            tracing::warn!("the time limit does not hold: {error}");
        }
        limit
    }
}

impl TimeLimit {
    /// `result`, where an interruption is that of the limit if it is over.
    pub(in crate::cli) fn told<T>(&self, result: Result<T, CommandError>) -> Result<T, CommandError> {
        result.map_err(|CommandError(failure)| {
            let is_limit = failure.code() == ErrorCode::Interrupted && self.is_over.load(Ordering::Relaxed);
            CommandError(if is_limit { self.failure() } else { failure })
        })
    }

    fn failure(&self) -> Failure {
        let message = format!("the time limit of {} s is over", self.seconds);
        Failure::from_message(message, ErrorCode::TimeLimit)
            .with_hint(Some("run it again with a larger --timeout, or with none".to_owned()))
    }
}

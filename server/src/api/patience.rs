//! The time that the body of a request may take.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::error::ApiError;

/// The time that every body has.
const AT_LEAST: Duration = Duration::from_secs(15);
/// The bytes for each of which a second more is given: the connection itself is closed only below a quarter of this rate.
const BYTES_A_SECOND: u64 = 1024;

/// How long a body may still take: longer, the more of it has come.
#[derive(Debug)]
pub(super) struct Patience {
    began: Instant,
    received: u64,
}

impl Patience {
    /// A body begins.
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), received: 0 }
    }

    /// `bytes` of it have come.
    pub(super) fn received(&mut self, bytes: usize) {
        self.received += bytes as u64;
    }

    /// The outcome of `part`, which waits for the next bytes.
    ///
    /// # Errors
    /// The body takes too long.
    pub(super) async fn wait<T>(&self, part: impl Future<Output = T>) -> Result<T, ApiError> {
        let end = self.began + AT_LEAST + Duration::from_secs(self.received / BYTES_A_SECOND);
        timeout_at(end, part).await.map_err(|_| ApiError::too_slow())
    }
}

//! The options that an update is judged by.

use super::expiry::ExpiryPolicy;
use super::fetch::Limits;

/// The clock, the grace and the limits of an update.
#[derive(Debug, Clone, Copy)]
pub struct UpdateOptions {
    /// The clock's time (TUF 5.1: fixed for the whole update).
    pub now: jiff::Timestamp,
    /// Whether expired metadata is accepted.
    pub expiry: ExpiryPolicy,
    /// How large files may be.
    pub limits: Limits,
}

impl UpdateOptions {
    /// Strict expiry and the default limits.
    pub fn at(now: jiff::Timestamp) -> Self {
        Self { now, expiry: ExpiryPolicy::default(), limits: Limits::default() }
    }
}

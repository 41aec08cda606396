//! Whether expired metadata is accepted: never, unless whoever installs allows a grace period.
//!
//! Rollback protection has no such policy.

use attune_schemas::tuf::Expires;
use jiff::{SignedDuration, Timestamp};

use super::error::TrustError;

/// For how long after its expiry metadata is still accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExpiryPolicy {
    /// The grace period, exclusive; zero accepts no expired metadata.
    pub grace: SignedDuration,
}

/// Expired metadata that was accepted within the grace period; to be recorded by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryWaiver {
    /// The role: a top-level one, or the name of a delegated one.
    pub role: String,
    /// When its metadata expired.
    pub expired_at: Expires,
}

impl ExpiryPolicy {
    /// Accepts everything, for the publisher, who is about to replace what has expired.
    pub(super) const IGNORE: Self = Self { grace: SignedDuration::MAX };

    /// Accepts metadata that is valid at `now`, or expired within the grace period.
    pub(super) fn check(
        self,
        role: &str,
        expires: Expires,
        now: Timestamp,
    ) -> Result<Option<ExpiryWaiver>, TrustError> {
        if !expires.is_expired(now) {
            return Ok(None);
        }
        if now.duration_since(expires.timestamp()) < self.grace {
            return Ok(Some(ExpiryWaiver { role: role.to_owned(), expired_at: expires }));
        }
        Err(TrustError::Expired { role: role.to_owned(), expired_at: expires })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn grace_ends_at_the_second() {
        let expires: Expires = "2030-01-01T00:00:00Z".parse().unwrap();
        let policy = ExpiryPolicy { grace: SignedDuration::from_secs(60) };
        let check = |policy: ExpiryPolicy, now: &str| policy.check("targets", expires, now.parse().unwrap());
        assert_eq!(check(policy, "2029-12-31T23:59:59Z").unwrap(), None);
        let waiver = ExpiryWaiver { role: "targets".to_owned(), expired_at: expires };
        assert_eq!(check(policy, "2030-01-01T00:00:59Z").unwrap(), Some(waiver));
        assert!(check(policy, "2030-01-01T00:01:00Z").is_err());
        assert!(check(ExpiryPolicy::default(), "2030-01-01T00:00:00Z").is_err());
        assert!(check(ExpiryPolicy::IGNORE, "9999-01-01T00:00:00Z").is_ok());
    }
}

//! Whether expired metadata is accepted, and the time by which that is judged.
//!
//! Two witnesses tell the time: the host's clock, and the newest time at which this registry is known to
//! have signed. The later one counts, so that a clock that was set back opens no door. A clock that runs
//! ahead only makes metadata stale, for which there is a grace period, and nothing of it is remembered,
//! so that it locks none. Rollback protection has no such policy.

use attune_schemas::tuf::MetadataTime;
use jiff::{SignedDuration, Timestamp};

use super::error::TrustError;

/// For how long after its expiry metadata is still accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExpiryPolicy {
    /// The grace period, exclusive; zero accepts no expired metadata, [`SignedDuration::MAX`] all of it.
    pub grace: SignedDuration,
}

/// Expired metadata that was accepted within the grace period; to be reported by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryWaiver {
    /// The role: a top-level one, or the name of a delegated one.
    pub role: String,
    /// When its metadata expired.
    pub expired_at: MetadataTime,
}

/// The time, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedTime {
    /// The host's clock.
    pub clock: Timestamp,
    /// The newest time at which the registry is known to have signed.
    pub newest_signed: Option<MetadataTime>,
}

/// The freshness of accepted metadata. Rolled back metadata is never accepted: see [`TrustError::verdict`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// The time by which it was judged.
    pub time: TrustedTime,
    /// The expired metadata that was accepted; empty when everything is fresh.
    pub waivers: Vec<ExpiryWaiver>,
}

/// The three things that metadata can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not expired, and not older than anything this host has seen.
    Fresh,
    /// Expired, yet not older than anything this host has seen.
    Stale,
    /// Older than something this host has seen.
    RolledBack,
}

impl ExpiryPolicy {
    /// Accepts everything, for the publisher, who is about to replace expired metadata.
    pub const IGNORE: Self = Self { grace: SignedDuration::MAX };

    /// Accepts metadata that is valid at `time`, or expired within the grace period.
    pub(super) fn check(
        self,
        role: &str,
        expires: MetadataTime,
        time: TrustedTime,
    ) -> Result<Option<ExpiryWaiver>, TrustError> {
        let now = time.now();
        if !expires.is_expired(now) {
            return Ok(None);
        }
        if self.grace == SignedDuration::MAX || now.duration_since(expires.timestamp()) < self.grace {
            return Ok(Some(ExpiryWaiver { role: role.to_owned(), expired_at: expires }));
        }
        Err(TrustError::Expired { role: role.to_owned(), expired_at: expires, time })
    }
}

impl TrustedTime {
    /// The later of the two witnesses.
    pub fn now(&self) -> Timestamp {
        self.newest_signed.map_or(self.clock, |signed| signed.timestamp().max(self.clock))
    }

    /// The time by which the clock is behind the newest signature; `None` if it is not.
    pub fn clock_behind(&self) -> Option<SignedDuration> {
        let behind = self.newest_signed?.timestamp().duration_since(self.clock);
        behind.is_positive().then_some(behind)
    }

    /// Takes a further signed time into account.
    pub(super) fn learn(&mut self, signed: Option<MetadataTime>) {
        self.newest_signed = self.newest_signed.max(signed);
    }
}

impl Freshness {
    /// Fresh or stale.
    pub const fn verdict(&self) -> Verdict {
        if self.waivers.is_empty() { Verdict::Fresh } else { Verdict::Stale }
    }
}

impl Verdict {
    /// The word for it, in JSON and in text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::RolledBack => "rolled-back",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn time(clock: &str, signed: Option<&str>) -> TrustedTime {
        let newest_signed = signed.map(|signed| signed.parse().unwrap());
        TrustedTime { clock: clock.parse().unwrap(), newest_signed }
    }

    #[test]
    fn grace_ends_at_the_second() {
        let expires: MetadataTime = "2030-01-01T00:00:00Z".parse().unwrap();
        let policy = ExpiryPolicy { grace: SignedDuration::from_secs(60) };
        let check = |policy: ExpiryPolicy, now: &str| policy.check("targets", expires, time(now, None));
        assert_eq!(check(policy, "2029-12-31T23:59:59Z").unwrap(), None);
        let waiver = ExpiryWaiver { role: "targets".to_owned(), expired_at: expires };
        assert_eq!(check(policy, "2030-01-01T00:00:59Z").unwrap(), Some(waiver));
        assert!(check(policy, "2030-01-01T00:01:00Z").is_err());
        assert!(check(ExpiryPolicy::default(), "2030-01-01T00:00:00Z").is_err());
        assert!(check(ExpiryPolicy::IGNORE, "9999-01-01T00:00:00Z").is_ok());
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_make_expired_metadata_fresh() {
        let expires: MetadataTime = "2030-01-01T00:00:00Z".parse().unwrap();
        let check = |time| ExpiryPolicy::default().check("targets", expires, time);
        assert!(check(time("2029-06-01T00:00:00Z", Some("2029-12-31T00:00:00Z"))).is_ok());
        assert!(check(time("2029-06-01T00:00:00Z", Some("2030-01-01T00:00:00Z"))).is_err());
    }

    #[test]
    fn the_later_witness_counts() {
        let mut both = time("2030-01-02T00:00:00Z", Some("2030-01-01T00:00:00Z"));
        assert_eq!((both.now(), both.clock_behind()), (both.clock, None));
        both.learn(None);
        both.learn(Some("2030-01-03T00:00:00Z".parse().unwrap()));
        both.learn(Some("2030-01-02T00:00:00Z".parse().unwrap()));
        assert_eq!(both.clock_behind(), Some(SignedDuration::from_hours(24)));
    }
}

//! How fresh the metadata was that an installation rested on, for reports and the install log.

use attune_registry::trust::{ExpiryPolicy, Freshness, TrustPolicy, Verdict};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// How fresh the metadata was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FreshnessReport {
    /// `fresh` or `stale`; what was rolled back is never installed from.
    pub verdict: &'static str,
    /// The host's clock.
    pub clock: String,
    /// When the registry signed what was read; absent in metadata of other origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<String>,
    /// By how many seconds the clock is behind that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_behind_seconds: Option<i64>,
    /// The roles that were accepted although expired.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expired: Vec<ExpiredRole>,
    /// Who allowed that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_by: Option<String>,
}

/// Metadata that was accepted although expired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpiredRole {
    /// The role.
    pub role: String,
    /// When it expired.
    pub expired_at: String,
}

/// A grace that was asked for in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedGrace {
    /// How long after its expiry metadata is accepted.
    pub duration: SignedDuration,
    /// The option by which it was asked for, for the report.
    pub option: &'static str,
}

/// The grace that holds for one run, and whose word that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grace {
    /// Asked for in this run.
    pub asked: Option<AskedGrace>,
    /// The grace of the registry's trust policy.
    pub policy: TrustPolicy,
}

impl Grace {
    /// The longer of the two.
    pub fn expiry(&self) -> ExpiryPolicy {
        let asked = self.asked.map_or(SignedDuration::ZERO, |asked| asked.duration);
        ExpiryPolicy { grace: asked.max(self.policy.expiry_grace) }
    }

    fn allowed_by(&self) -> String {
        match self.asked {
            Some(asked) if asked.duration >= self.policy.expiry_grace => {
                format!("{} {}", asked.option, in_words(asked.duration))
            }
            _ => format!("the registry's trust policy ({})", in_words(self.policy.expiry_grace)),
        }
    }
}

impl FreshnessReport {
    /// The report of `freshness`, under the `grace` that was given.
    pub fn new(freshness: &Freshness, grace: &Grace) -> Self {
        let verdict = freshness.verdict();
        let expired = freshness.waivers.iter().map(|waiver| ExpiredRole {
            role: waiver.role.clone(),
            expired_at: waiver.expired_at.to_string(),
        });
        Self {
            verdict: verdict.as_str(),
            clock: freshness.time.clock.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            signed_at: freshness.time.newest_signed.map(|signed| signed.to_string()),
            clock_behind_seconds: freshness.time.clock_behind().map(|behind| behind.as_secs()),
            expired: expired.collect(),
            allowed_by: (verdict == Verdict::Stale).then(|| grace.allowed_by()),
        }
    }

    /// The report where no metadata was looked at.
    pub fn of_nothing(clock: Timestamp) -> Self {
        Self {
            verdict: Verdict::Fresh.as_str(),
            clock: clock.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            signed_at: None,
            clock_behind_seconds: None,
            expired: Vec::new(),
            allowed_by: None,
        }
    }

    /// Both in one: stale if one is, with the newest time of signing.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        if other.verdict == Verdict::Stale.as_str() {
            self.verdict = other.verdict;
        }
        if other.clock_behind_seconds > self.clock_behind_seconds {
            self.clock_behind_seconds = other.clock_behind_seconds;
        }
        self.signed_at = self.signed_at.max(other.signed_at);
        self.expired.extend(other.expired);
        self.allowed_by = self.allowed_by.or(other.allowed_by);
        self
    }

    /// Whether something was accepted that had expired.
    pub fn is_stale(&self) -> bool {
        !self.expired.is_empty()
    }

    /// A warning about the clock, if it is behind by more than clocks usually are.
    pub fn clock_warning(&self) -> Option<String> {
        const USUAL_SECONDS: i64 = 120;
        let behind = self.clock_behind_seconds.filter(|seconds| *seconds > USUAL_SECONDS)?;
        Some(format!(
            "the clock of this host is {} behind: it says {}, yet the registry signed on {}; expiry is judged by the \
             latter",
            in_words(SignedDuration::from_secs(behind)),
            self.clock,
            self.signed_at.as_deref().unwrap_or_default(),
        ))
    }
}

/// `30d`, `12h`, `5m`, `7s`, `any`.
pub fn in_words(duration: SignedDuration) -> String {
    if duration == SignedDuration::MAX {
        return "any".to_owned();
    }
    let seconds = duration.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    match units.into_iter().find(|(unit, _)| seconds >= *unit && seconds % unit == 0) {
        Some((unit, word)) => format!("{}{word}", seconds / unit),
        None if seconds >= 172_800 => format!("{}d", seconds / 86_400),
        None if seconds >= 7_200 => format!("{}h", seconds / 3_600),
        None => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_words() {
        for (seconds, expected) in
            [(2_592_000, "30d"), (43_200, "12h"), (90, "90s"), (300, "5m"), (200_001, "2d")]
        {
            assert_eq!(in_words(SignedDuration::from_secs(seconds)), expected);
        }
        assert_eq!(in_words(SignedDuration::MAX), "any");
    }

    #[test]
    fn the_longer_grace_counts_and_is_named() {
        let hours = SignedDuration::from_hours;
        let policy = TrustPolicy { expiry_grace: hours(48) };
        let asked = |duration| Some(AskedGrace { duration, option: "--grace" });
        let grace = Grace { asked: asked(hours(24)), policy };
        assert_eq!(
            (grace.expiry().grace, &grace.allowed_by()[..]),
            (hours(48), "the registry's trust policy (2d)")
        );
        let grace = Grace { asked: asked(hours(72)), policy };
        assert_eq!((grace.expiry().grace, &grace.allowed_by()[..]), (hours(72), "--grace 3d"));
    }
}

//! The metadata that the host has seen: whether it expires, and whether the clock can be right beside it.

use attune_host::generation::Generation;
use attune_host::root::HostRoot;
use attune_registry::trust::MetadataStore;
use jiff::{SignedDuration, Timestamp};

use super::Symptom;
use crate::operations::StatusError;
use crate::trust::trust_expiries;

/// The time before its expiry from which metadata is told of.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Clocks of two machines are never quite the same.
const TOLERATED: SignedDuration = SignedDuration::from_mins(5);

pub(super) fn examine(root: &HostRoot, now: Timestamp) -> Result<Vec<Symptom>, StatusError> {
    let mut symptoms = Vec::new();
    let mut newest: Option<(Timestamp, String)> = None;
    let mut see = |at: Timestamp, what: String| {
        if newest.as_ref().is_none_or(|(known, _)| *known < at) {
            newest = Some((at, what));
        }
    };
    if let Ok(active) = Generation::active(root) {
        see(active.created_at, format!("the time at which generation {} was made", active.id));
    }
    for (registry, expiry) in trust_expiries(root, now)? {
        let store = MetadataStore::new(&root.trust().join(registry.as_str()));
        if let Some(signed) = store.seen().ok().and_then(|seen| seen.signed_at) {
            see(signed.timestamp(), format!("the time at which registry `{registry}` was signed"));
        }
        match expiry {
            Ok(expiry) => {
                let (role, at) = (expiry.role, expiry.expires_at);
                let ends_soon = |until: Timestamp| until.duration_since(now) < SOON;
                if expiry.expired {
                    symptoms.push(Symptom::TrustExpired { registry, role, at });
                } else if expiry.accepted_until.is_some_and(ends_soon) {
                    symptoms.push(Symptom::TrustExpires { registry, role, at });
                }
            }
            Err(error) => {
                symptoms.push(Symptom::TrustUnreadable { registry, reason: error.to_string() });
            }
        }
    }
    symptoms.extend(newest.and_then(|(at, what)| clock_behind(now, at, what)));
    Ok(symptoms)
}

fn clock_behind(now: Timestamp, seen_at: Timestamp, seen: String) -> Option<Symptom> {
    let behind = seen_at.duration_since(now);
    (behind > TOLERATED).then_some(Symptom::ClockBehind { behind, seen })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_be_a_little_behind() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        let behind = |seconds| clock_behind(now, now + SignedDuration::from_secs(seconds), String::new());
        assert_eq!((behind(-1), behind(300)), (None, None));
        let Some(Symptom::ClockBehind { behind, .. }) = behind(301) else { panic!("it is behind") };
        assert_eq!(behind.as_secs(), 301);
    }
}

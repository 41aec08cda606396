//! How long what a host has seen of the registries that it trusts is still accepted.

use attune_host::root::HostRoot;
use attune_registry::trust::{MetadataStore, StateError, TrustError, TrustStore};
use attune_schemas::tuf::{MetadataTime, RegistryName, RoleType};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// How long what was seen of a registry is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustExpiry {
    /// The registry.
    pub registry: RegistryName,
    /// The role that expires first, of the root and of the newest metadata that was seen.
    pub role: String,
    /// When that role expires.
    #[schemars(with = "String")]
    pub expires_at: Timestamp,
    /// Until when it is accepted: later than its expiry where the registry's trust policy gives a grace; absent where it is
    /// accepted at any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub accepted_until: Option<Timestamp>,
    /// Whether that time is over: then nothing is installed from it until newer metadata comes.
    pub expired: bool,
}

/// A trusted registry, and how long what was seen of it is accepted, if that can be read.
pub type ExpiryOf = (RegistryName, Result<TrustExpiry, TrustError>);

/// How long what `root` has seen of each trusted registry is accepted at `now`; reads only.
///
/// # Errors
/// The registries cannot be listed; of one whose state cannot be read, its own.
pub fn trust_expiries(root: &HostRoot, now: Timestamp) -> Result<Vec<ExpiryOf>, StateError> {
    let names = TrustStore::registries(&root.trust())?;
    let expiries = names.into_iter().filter_map(|name| {
        let expiry = expiry_of(root, name.clone(), now);
        // Whatever was read of one that is forgotten meanwhile is not all of it.
        let is_known = TrustStore::registries(&root.trust()).is_ok_and(|known| known.contains(&name));
        is_known.then_some((name, expiry))
    });
    Ok(expiries.collect())
}

fn expiry_of(root: &HostRoot, registry: RegistryName, now: Timestamp) -> Result<TrustExpiry, TrustError> {
    let store = TrustStore::new(&root.trust(), &registry);
    let trusted = store.root()?.ok_or_else(|| TrustError::NoTrustAnchor { registry: registry.clone() })?;
    let seen = MetadataStore::new(&root.trust().join(registry.as_str())).seen()?;
    let dates = seen.versions.into_iter().filter_map(|seen| Some((seen.expires?, seen.role)));
    let of_root = (trusted.role().expires, RoleType::Root.as_str().to_owned());
    let (expires, role) = dates.chain([of_root]).min().expect("the root is there");
    Ok(accepted(registry, (role, expires), store.policy()?.expiry_grace, now))
}

fn accepted(
    registry: RegistryName,
    (role, expires): (String, MetadataTime),
    grace: SignedDuration,
    now: Timestamp,
) -> TrustExpiry {
    let expires_at = expires.timestamp();
    // A grace that reaches beyond all time is one for any time.
    let accepted_until = expires_at.checked_add(grace).ok();
    let expired = accepted_until.is_some_and(|until| until <= now);
    TrustExpiry { registry, role, expires_at, accepted_until, expired }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grace_delays_the_end_and_any_grace_takes_it_away() {
        let expires: MetadataTime = "2026-03-01T00:00:00Z".parse().unwrap();
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        let at = |grace, now: &str| {
            let name = "demo".parse().unwrap();
            accepted(name, ("timestamp".to_owned(), expires), grace, now.parse().unwrap())
        };
        assert!(!at(days(0), "2026-02-28T23:59:59Z").expired);
        assert!(at(days(0), "2026-03-01T00:00:00Z").expired);
        let later = at(days(30), "2026-03-30T00:00:00Z");
        assert_eq!(later.accepted_until.unwrap().to_string(), "2026-03-31T00:00:00Z");
        assert!(!later.expired && at(days(30), "2026-03-31T00:00:00Z").expired);
        let never = at(SignedDuration::MAX, "2999-01-01T00:00:00Z");
        assert_eq!((never.accepted_until, never.expired), (None, false));
    }
}

//! The warning that a registry's root has expired, or will before long: after every command that writes.

use std::path::Path;

use attune_registry::report::Reporter;
use attune_schemas::problem::WarningCode;
use attune_schemas::tuf::MetadataTime;
use jiff::{SignedDuration, Timestamp};

use crate::registry::RegistryDirectory;

/// So long before a root expires, people are told: it has to be renewed and reach every host.
const NOTICE: SignedDuration = SignedDuration::from_hours(24 * 180);

/// Warns if the root of the registry at `path` has expired or will before long.
pub(in crate::cli) fn warn_of_root(path: &Path, now: Timestamp, reporter: &dyn Reporter) {
    // A registry that cannot be read has been told of already.
    let Ok(expires) = expiry_of_root(path, now) else { return };
    if let Some(warning) = warning(path, expires, now) {
        reporter.alarm(WarningCode::RootExpires, &warning);
    }
}

fn expiry_of_root(path: &Path, now: Timestamp) -> Result<MetadataTime, crate::registry::RegistryError> {
    let registry = RegistryDirectory::open(path)?;
    let publisher = registry.publisher(now)?;
    Ok(publisher.repository().root().role().expires)
}

fn warning(path: &Path, expires: MetadataTime, now: Timestamp) -> Option<String> {
    let remedy = format!("renew it with `attune-build root prepare {}`", path.display());
    if expires.is_expired(now) {
        return Some(format!("the root expired on {expires}, and no host accepts the registry; {remedy}"));
    }
    let left = expires.timestamp().duration_since(now);
    (left < NOTICE)
        .then(|| format!("the root expires on {expires}, in {} days; {remedy}", left.as_hours() / 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_half_a_year_before() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let told = |expires: &str| {
            let expires = MetadataTime::at(expires.parse().unwrap()).unwrap();
            warning(Path::new("reg"), expires, now).unwrap_or_default()
        };
        assert!(told("2025-12-31T00:00:00Z").contains("expired on 2025-12-31"));
        let soon = told("2026-02-01T00:00:00Z");
        assert!(soon.contains("in 31 days") && soon.ends_with("`attune-build root prepare reg`"), "{soon}");
        assert_eq!(told("2027-01-01T00:00:00Z"), "");
    }
}

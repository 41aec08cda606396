//! The remedy where a registry's metadata is not trusted.

use attune_registry::trust::{MetadataError, StateError, TrustError, TrustedTime};
use attune_schemas::tuf::MetadataTime;

use super::Hint;
use crate::failure::failed_source;

const DAMAGED: &str = "fetch the bundle or registry again: it is incomplete or damaged";

impl Hint for TrustError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoTrustAnchor { .. } => {
                "pass --trust root.json with a root obtained over a channel you trust, not from the bundle"
            }
            Self::Metadata(error) => return Some(metadata_hint(error).to_owned()),
            Self::Store(error) => return error.hint(),
            Self::Missing { .. } | Self::Mismatch { .. } | Self::WrongVersion { .. } => DAMAGED,
            Self::Rollback { .. } | Self::RoleRemoved { .. } | Self::SignedEarlier { .. } => {
                "make a new bundle with these packs (of two bundles, install the older one first); only if the registry was restored from a backup, run `attune-install trust reset REGISTRY`; nothing was changed"
            }
            Self::Expired { expired_at, time, .. } => return Some(expiry_hint(*expired_at, *time)),
            _ => return failed_source(self)?.hint(),
        };
        Some(hint.to_owned())
    }
}

impl Hint for StateError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Metadata(error) => metadata_hint(error),
            Self::DifferentRoot { registry, .. } => {
                return Some(format!(
                    "if the registry was created again, run `attune-install trust remove {registry}` and pass the new root with --trust"
                ));
            }
            Self::PolicyDamaged { .. } => {
                "remove the file, or write it again with `attune-install trust add ROOT.json --expiry-grace DURATION`"
            }
            Self::Damaged { .. } => {
                "run `attune-install trust remove REGISTRY` and pass the registry's root with --trust again"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

fn metadata_hint(error: &MetadataError) -> &'static str {
    match error {
        MetadataError::Signatures { role, .. } if role == "root" => {
            "check that the given root belongs to this registry and that no root version is missing"
        }
        MetadataError::Signatures { .. } => {
            "fetch it again from the publisher: it was changed, or signed with keys that the root does not name"
        }
        MetadataError::RegistryRenamed { .. } | MetadataError::NoRegistryName { .. } => {
            "pass the root that was created with this registry; its name never changes"
        }
        _ => DAMAGED,
    }
}

/// The remedy for expired metadata. That the clock may be wrong is only worth a word where it can be.
fn expiry_hint(expired_at: MetadataTime, time: TrustedTime) -> String {
    let clock = time.clock.strftime("%Y-%m-%dT%H:%M:%SZ");
    let about_clock = match time.newest_signed {
        Some(signed) if time.clock_behind().is_some() => {
            format!("the clock says {clock}, yet the registry signed on {signed}: set the clock; then ")
        }
        Some(signed) => {
            format!("the clock says {clock}, the registry last signed on {signed}; if that is right, ")
        }
        None => format!("if the clock is right ({clock}), "),
    };
    // Grace ends before its last second, and whoever reads this takes a while.
    let days = time.now().duration_since(expired_at.timestamp()).as_hours() / 24 + 2;
    format!("{about_clock}fetch a newer bundle, or accept this one with --expiry-grace {days}d")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expired(expired_at: &str, clock: &str, newest_signed: Option<&str>) -> String {
        let time = TrustedTime {
            clock: clock.parse().unwrap(),
            newest_signed: newest_signed.map(|signed| signed.parse().unwrap()),
        };
        let expired_at = expired_at.parse().unwrap();
        TrustError::Expired { role: "timestamp".to_owned(), expired_at, time }.hint().unwrap()
    }

    #[test]
    fn the_grace_that_is_advised_is_enough() {
        let hint = expired("2030-01-01T00:00:00Z", "2030-01-02T12:00:00Z", None);
        assert_eq!(
            hint,
            "if the clock is right (2030-01-02T12:00:00Z), fetch a newer bundle, or accept this one with --expiry-grace 3d"
        );
    }

    #[test]
    fn a_clock_that_may_be_wrong_is_told() {
        let behind = expired("2029-12-31T00:00:00Z", "2029-03-01T00:00:00Z", Some("2030-01-01T00:00:00Z"));
        assert!(behind.contains("the registry signed on 2030-01-01T00:00:00Z: set the clock"), "{behind}");
        let ahead = expired("2030-04-01T00:00:00Z", "2032-09-01T00:00:00Z", Some("2030-01-01T00:00:00Z"));
        assert!(
            ahead.starts_with("the clock says 2032-09-01T00:00:00Z, the registry last signed on"),
            "{ahead}"
        );
    }
}

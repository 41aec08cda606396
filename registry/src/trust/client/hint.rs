//! Hints for people whose metadata is not trusted.

use attune_schemas::tuf::MetadataTime;

use crate::trust::state::{MetadataError, StateError};

use super::error::TrustError;
use super::expiry::TrustedTime;

impl TrustError {
    /// A hint for a person, if something can be done.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoTrustAnchor { .. } => {
                "pass --trust root.json with a root obtained over a channel you trust, not from the bundle".to_owned()
            }
            Self::Store(StateError::DifferentRoot { registry, .. }) => format!(
                "this host keeps the root it trusts; if the registry was created anew, run `attune-install trust remove {registry}` and pass the new root with --trust"
            ),
            Self::Metadata(MetadataError::Signatures { role, .. }) if role == "root" => {
                "check that the given root belongs to this registry and that no root version is missing".to_owned()
            }
            Self::Metadata(MetadataError::Signatures { .. }) => {
                "the file was changed, or signed with keys that the registry's root does not name; fetch it again from the publisher".to_owned()
            }
            Self::Metadata(MetadataError::Malformed { .. })
            | Self::Missing { .. }
            | Self::Mismatch { .. }
            | Self::WrongVersion { .. } => {
                "the bundle or registry is incomplete or damaged; fetch it again".to_owned()
            }
            Self::Rollback { .. } | Self::RoleRemoved { .. } | Self::SignedEarlier { .. } => {
                "use a bundle at least as new as the last one; only if the registry was restored from a backup, run `attune-install trust reset REGISTRY`".to_owned()
            }
            Self::Expired { expired_at, time, .. } => expiry_hint(*expired_at, *time),
            Self::Store(StateError::PolicyDamaged { .. }) => {
                "remove the file, or write it anew with `attune-install trust add ROOT.json --expiry-grace DURATION`".to_owned()
            }
            Self::Store(StateError::Damaged { .. }) => {
                "run `attune-install trust remove REGISTRY` and pass the registry's root with --trust again".to_owned()
            }
            Self::Metadata(MetadataError::RegistryRenamed { .. } | MetadataError::NoRegistryName { .. }) => {
                "a registry keeps its name for life; pass the root that was made with it".to_owned()
            }
            _ => return None,
        };
        Some(hint)
    }
}

/// The hint for expired metadata; it mentions the clock only if that may be wrong.
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
    format!("{about_clock}fetch a newer bundle, or accept this one as it is with --expiry-grace {days}d")
}

//! What to do when metadata is not trusted, and what that says of its freshness.

use attune_schemas::tuf::MetadataTime;

use super::error::TrustError;
use super::expiry::{TrustedTime, Verdict};

impl TrustError {
    /// What it says of the metadata's freshness, if it is about that.
    pub const fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Expired { .. } => Some(Verdict::Stale),
            Self::Rollback { .. } | Self::RoleRemoved { .. } | Self::SignedEarlier { .. } => {
                Some(Verdict::RolledBack)
            }
            _ => None,
        }
    }

    /// What to do about it, for a person, where something can be done.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoTrustAnchor { .. } => {
                "pass --trust root.json with a root obtained over a channel you trust, not from the bundle".to_owned()
            }
            Self::DifferentRoot { registry, .. } => format!(
                "this host keeps the root it trusts; if the registry was created anew, run `attune-install trust remove {registry}` and pass the new root with --trust"
            ),
            Self::Signatures { role, .. } if role == "root" => {
                "check that the given root belongs to this registry and that no root version is missing".to_owned()
            }
            Self::Signatures { .. } => {
                "the file was changed, or signed with keys that the registry's root does not name; fetch it again from the publisher".to_owned()
            }
            Self::Malformed { .. } | Self::Missing { .. } | Self::Mismatch { .. } | Self::WrongVersion { .. } => {
                "the bundle or registry is incomplete or damaged; fetch it again".to_owned()
            }
            Self::Rollback { .. } | Self::RoleRemoved { .. } | Self::SignedEarlier { .. } => {
                "use a bundle at least as new as the last one; only if the registry was restored from a backup, run `attune-install trust reset REGISTRY`".to_owned()
            }
            Self::Expired { expired_at, time, .. } => expiry_hint(*expired_at, *time),
            Self::PolicyDamaged { .. } => {
                "remove the file, or write it anew with `attune-install trust add ROOT.json --expiry-grace DURATION`".to_owned()
            }
            Self::StateDamaged { .. } => {
                "run `attune-install trust remove REGISTRY` and pass the registry's root with --trust again".to_owned()
            }
            Self::RegistryRenamed { .. } | Self::NoRegistryName { .. } => {
                "a registry keeps its name for life; pass the root that was made with it".to_owned()
            }
            Self::KeysMissing { .. } => {
                "say where its keys are with --keys DIR, or name single ones with --key".to_owned()
            }
            Self::TooFewKeys { .. } => "add a key first, or lower the threshold".to_owned(),
            Self::NoSuchKey { .. } => "`attune-build key list REGISTRY` shows the keys of every role".to_owned(),
            Self::OtherDraft => "prepare the next root once, and let everybody sign copies of that file".to_owned(),
            _ => return None,
        };
        Some(hint)
    }
}

/// What to do about expired metadata. That the clock may be wrong is only worth a word where it can be.
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

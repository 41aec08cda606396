//! The decisions of a host's owner about one registry, kept beside its trusted root.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The file name in the registry's trust directory.
pub(super) const POLICY_FILE: &str = "policy.json";

const FORMAT: &str = "attune.trust-policy/v1";

/// Decisions that hold until they are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrustPolicy {
    /// For how long after its expiry metadata of this registry is accepted; [`SignedDuration::MAX`] for
    /// any time.
    pub expiry_grace: SignedDuration,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    format: String,
    /// Seconds; absent for no grace, -1 for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expiry_grace_seconds: Option<i64>,
}

/// Why a policy cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not JSON of the form.
    #[error("not a trust policy")]
    Json(#[from] serde_json::Error),
    /// Another format, or a value out of range.
    #[error("`format` is not `{FORMAT}`, or a value is out of range")]
    Value,
}

impl TrustPolicy {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let file: PolicyFile = serde_json::from_slice(bytes)?;
        let expiry_grace = match file.expiry_grace_seconds {
            None => SignedDuration::ZERO,
            Some(-1) => SignedDuration::MAX,
            Some(seconds) if seconds >= 0 => SignedDuration::from_secs(seconds),
            Some(_) => return Err(PolicyError::Value),
        };
        if file.format == FORMAT { Ok(Self { expiry_grace }) } else { Err(PolicyError::Value) }
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        let seconds = match self.expiry_grace {
            SignedDuration::ZERO => None,
            SignedDuration::MAX => Some(-1),
            grace => Some(grace.as_secs()),
        };
        let file = PolicyFile { format: FORMAT.to_owned(), expiry_grace_seconds: seconds };
        let mut bytes = serde_json::to_vec_pretty(&file).expect("a policy serialises");
        bytes.push(b'\n');
        bytes
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn policies_read_back() {
        for grace in [SignedDuration::ZERO, SignedDuration::from_hours(24), SignedDuration::MAX] {
            let policy = TrustPolicy { expiry_grace: grace };
            assert_eq!(TrustPolicy::parse(&policy.to_bytes()).unwrap(), policy);
        }
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for text in [
            "",
            "{}",
            r#"{"format": "attune.trust-policy/v2"}"#,
            r#"{"format": "attune.trust-policy/v1", "expiry_grace_seconds": -2}"#,
            r#"{"format": "attune.trust-policy/v1", "expiry_grace": 7}"#,
        ] {
            assert!(TrustPolicy::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}

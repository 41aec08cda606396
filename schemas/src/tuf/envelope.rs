//! The envelope around every metadata file: signatures beside the signed part.
//!
//! It stands between the file's bytes and the role types: the signed part stays a JSON value here,
//! because signatures cover all of it, fields unknown to us included. Checking them is not done here.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ExtraFields, KeyId, Role, RoleType, SpecVersion};
use crate::canonical_json;

/// A metadata file, read but not verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Envelope {
    /// One signature per key; order has no meaning.
    pub signatures: Vec<Signature>,
    /// The role, exactly as parsed from the file.
    pub signed: Value,
    /// Unknown fields; no signature covers them.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

/// One key's signature over the canonical JSON of `signed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Signature {
    /// The signing key.
    pub keyid: KeyId,
    /// The signature in lowercase hex; its length depends on the key's scheme.
    pub sig: String,
    /// Unknown fields; no signature covers them.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

/// Why bytes are not a metadata file of the wanted role.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Not JSON, an object with duplicate keys, or not an envelope.
    #[error("not a signed metadata file")]
    Json(#[source] serde_json::Error),
    /// One key has two signatures.
    #[error("has two signatures of key `{keyid}`")]
    SignedTwice {
        /// The key.
        keyid: KeyId,
    },
    /// The signed part contains a number that cannot be signed.
    #[error("the signed part has no canonical form")]
    Canonical(#[from] canonical_json::Error),
    /// The file is of another role.
    #[error("is of type `{actual}`, not `{expected}`")]
    WrongType {
        /// The role that was asked for.
        expected: RoleType,
        /// The `_type` in the file; empty if it has none.
        actual: String,
    },
    /// The file follows a specification this software does not know.
    #[error("unsupported `spec_version` `{actual}`, only `1.x` is supported")]
    SpecVersion {
        /// The `spec_version` in the file; empty if it has none.
        actual: String,
    },
    /// The signed part does not have the fields of its role.
    #[error("not valid `{role}` metadata")]
    Role {
        /// The role that was asked for.
        role: RoleType,
        /// Which field, and why.
        source: serde_json::Error,
    },
}

impl Envelope {
    /// Reads a metadata file.
    ///
    /// # Errors
    /// Also where one key has two signatures, whatever they are worth (TUF 4.2.1).
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let value = canonical_json::from_slice(bytes).map_err(EnvelopeError::Json)?;
        let envelope: Self = serde_json::from_value(value).map_err(EnvelopeError::Json)?;
        let mut seen = BTreeSet::new();
        match envelope.signatures.iter().find(|signature| !seen.insert(&signature.keyid)) {
            Some(Signature { keyid, .. }) => Err(EnvelopeError::SignedTwice { keyid: keyid.clone() }),
            None => Ok(envelope),
        }
    }

    /// An envelope around `role`, not signed yet.
    pub fn unsigned<R: Role>(role: &R) -> Result<Self, EnvelopeError> {
        let signed =
            serde_json::to_value(role).map_err(|source| EnvelopeError::Role { role: R::TYPE, source })?;
        Ok(Self { signatures: Vec::new(), signed, extra: ExtraFields::new() })
    }

    /// The bytes that the signatures cover.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        Ok(canonical_json::to_vec(&self.signed)?)
    }

    /// The file's bytes: compact JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        serde_json::to_vec(self).map_err(EnvelopeError::Json)
    }

    /// Reads the signed part as role `R`. Call it after the signatures were checked.
    pub fn decode<R: Role>(&self) -> Result<R, EnvelopeError> {
        let text = |field| self.signed.get(field).and_then(Value::as_str).unwrap_or_default();
        if text("_type") != R::TYPE.as_str() {
            return Err(EnvelopeError::WrongType { expected: R::TYPE, actual: text("_type").to_owned() });
        }
        if text("spec_version").parse::<SpecVersion>().is_err() {
            return Err(EnvelopeError::SpecVersion { actual: text("spec_version").to_owned() });
        }
        R::deserialize(&self.signed).map_err(|source| EnvelopeError::Role { role: R::TYPE, source })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tuf::{Snapshot, Timestamp};

    fn timestamp() -> Value {
        json!({
            "_type": "timestamp", "spec_version": "1.0.31", "version": 4, "x-unknown": {"b": [1], "a": null},
            "expires": "2030-01-01T00:00:00Z",
            "meta": {"snapshot.json": {"version": 3, "x-also-unknown": true}},
        })
    }

    fn envelope(signed: &Value) -> Envelope {
        Envelope::parse(json!({"signatures": [], "signed": signed}).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn unknown_fields_survive_reading_and_writing() {
        let role: Timestamp = envelope(&timestamp()).decode().unwrap();
        assert_eq!(serde_json::to_value(role).unwrap(), timestamp());
    }

    #[test]
    fn a_file_of_another_role_is_refused() {
        let error = envelope(&timestamp()).decode::<Snapshot>().unwrap_err();
        assert!(matches!(error, EnvelopeError::WrongType { expected: RoleType::Snapshot, .. }), "{error}");
    }

    #[test]
    fn duplicate_keys_are_refused() {
        let text = r#"{"signatures":[],"signed":{"version":1,"version":2}}"#;
        assert!(matches!(Envelope::parse(text.as_bytes()), Err(EnvelopeError::Json(_))));
    }

    #[test]
    fn defective_fields_are_refused() {
        for (field, value) in [
            ("version", json!(0)),
            ("version", json!(-1)),
            ("version", json!("1")),
            ("expires", json!("2030-01-01")),
            ("meta", json!({})),
            ("meta", json!({"snapshot.json": {"version": 0}})),
            ("meta", json!({"snapshot.json": {"version": 1, "hashes": {}}})),
        ] {
            let mut signed = timestamp();
            signed[field] = value.clone();
            let error = envelope(&signed).decode::<Timestamp>().unwrap_err();
            assert!(matches!(error, EnvelopeError::Role { .. }), "{field} {value}: {error}");
        }
    }

    #[test]
    fn another_major_version_of_the_specification_is_refused() {
        for version in [json!("2.0.0"), json!(1), json!("1"), json!(null)] {
            let mut signed = timestamp();
            signed["spec_version"] = version;
            let error = envelope(&signed).decode::<Timestamp>().unwrap_err();
            assert!(matches!(error, EnvelopeError::SpecVersion { .. }), "{error}");
        }
    }
}

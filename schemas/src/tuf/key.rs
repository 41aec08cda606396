//! Public keys as metadata lists them, and their ids.
//!
//! A key's scheme is only a word here; the code that checks signatures knows the schemes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ExtraFields;
use crate::canonical_json;
use crate::digest::Digest;

/// The name of a key within metadata.
///
/// Off-spec: ids made by others are taken as opaque names, as python-tuf does, and not recomputed.
/// Nothing rests on them: thresholds count keys, not ids.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^[!-~]{1,256}$"))]
pub struct KeyId(String);

/// The text is not a key id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("key id `{0}` must be 1 to 256 printable ASCII characters")]
pub struct KeyIdError(String);

/// A public key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Key {
    /// `ed25519`, `rsa`, `ecdsa` and others.
    pub keytype: String,
    /// `ed25519`, `rsassa-pss-sha256`, `ecdsa-sha2-nistp256` and others.
    pub scheme: String,
    /// The key itself.
    pub keyval: KeyVal,
    /// Unknown fields; [`Key::id`] covers them, too.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

/// The key itself, in the form its type prescribes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct KeyVal {
    /// Hex of the 32 bytes for ed25519, PEM for others; absent for types that are no plain keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<String>,
    /// Unknown fields.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

impl Key {
    /// The ed25519 key with these 32 bytes.
    pub fn ed25519(public: &[u8; 32]) -> Self {
        Self {
            keytype: "ed25519".to_owned(),
            scheme: "ed25519".to_owned(),
            keyval: KeyVal { public: Some(hex::encode(public)), extra: ExtraFields::new() },
            extra: ExtraFields::new(),
        }
    }

    /// The key's id: sha256 of its canonical JSON, in hex (TUF 4.3).
    ///
    /// # Errors
    /// When an unknown field holds a number that is not an integer.
    pub fn id(&self) -> Result<KeyId, canonical_json::Error> {
        let value = serde_json::to_value(self).unwrap_or(Value::Null);
        Ok(KeyId(Digest::of(&canonical_json::to_vec(&value)?).hex()))
    }
}

impl KeyId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        if (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(KeyIdError(text.to_owned()))
        }
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyIdError;

    fn try_from(text: String) -> Result<Self, KeyIdError> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

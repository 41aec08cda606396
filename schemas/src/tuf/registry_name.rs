//! A registry's own name, which its root metadata carries.
//!
//! Hosts keep the trusted metadata of a registry under this name, so it is also a safe file name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A registry name: `^[a-z0-9][a-z0-9._-]{0,63}$`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^[a-z0-9][a-z0-9._-]{0,63}$"))]
pub struct RegistryName(String);

/// The text is not a registry name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "registry name `{0}` must be 1 to 64 of `a-z`, `0-9`, `.`, `_`, `-` and start with a letter or a digit"
)]
pub struct RegistryNameError(String);

/// The name of the registry of what a host signs itself; no other registry may have it.
pub const THIS_HOST: &str = "this-host";

impl RegistryName {
    /// The name of the registry of what a host signs itself.
    pub fn this_host() -> Self {
        Self(THIS_HOST.to_owned())
    }

    /// Whether it is the name of the registry of what a host signs itself.
    pub fn is_this_host(&self) -> bool {
        self.0 == THIS_HOST
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RegistryName {
    type Err = RegistryNameError;

    fn from_str(text: &str) -> Result<Self, RegistryNameError> {
        let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let starts_well = text.bytes().next().is_some_and(is_alphanumeric);
        let all_known = text.bytes().all(|byte| is_alphanumeric(byte) || matches!(byte, b'.' | b'_' | b'-'));
        if starts_well && all_known && text.len() <= 64 {
            Ok(Self(text.to_owned()))
        } else {
            Err(RegistryNameError(text.to_owned()))
        }
    }
}

impl TryFrom<String> for RegistryName {
    type Error = RegistryNameError;

    fn try_from(text: String) -> Result<Self, RegistryNameError> {
        text.parse()
    }
}

impl From<RegistryName> for String {
    fn from(name: RegistryName) -> Self {
        name.0
    }
}

impl fmt::Display for RegistryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused() {
        for text in ["demo", "0", "a.b-c_d", &"a".repeat(64)] {
            assert!(text.parse::<RegistryName>().is_ok(), "{text}");
        }
        for text in ["", ".", "..", "-a", "../a", "a/b", "A", "a b", "é", "a\0", &"a".repeat(65)] {
            assert!(text.parse::<RegistryName>().is_err(), "{text}");
        }
    }
}

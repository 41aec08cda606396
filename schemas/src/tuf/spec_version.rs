//! The version of the TUF specification a file follows: only `1.x` is understood.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A `spec_version` of major version 1, such as `1.0.31`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^1\\.[0-9]+(\\.[0-9]+)?$"))]
pub struct SpecVersion(String);

/// The text is not `1.<minor>` or `1.<minor>.<patch>`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("specification version `{0}` is not `1.x`")]
pub struct SpecVersionError(String);

impl SpecVersion {
    /// The version that files written by this software declare.
    pub fn written() -> Self {
        Self("1.0.31".to_owned())
    }

    /// The version as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SpecVersion {
    type Err = SpecVersionError;

    fn from_str(text: &str) -> Result<Self, SpecVersionError> {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<_> = text.split('.').collect();
        match parts.as_slice() {
            ["1", rest @ ..] if matches!(rest.len(), 1 | 2) && rest.iter().all(|part| is_number(part)) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(SpecVersionError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for SpecVersion {
    type Error = SpecVersionError;

    fn try_from(text: String) -> Result<Self, SpecVersionError> {
        text.parse()
    }
}

impl From<SpecVersion> for String {
    fn from(version: SpecVersion) -> Self {
        version.0
    }
}

impl fmt::Display for SpecVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_major_version_1_is_understood() {
        for text in ["1.0", "1.0.0", "1.0.34", "1.12.1"] {
            assert!(text.parse::<SpecVersion>().is_ok(), "{text}");
        }
        for text in ["", "1", "1.", "1.a", "1.0.0.0", "2.0.0", "01.0", "1.0.-1", " 1.0"] {
            assert!(text.parse::<SpecVersion>().is_err(), "{text}");
        }
    }
}

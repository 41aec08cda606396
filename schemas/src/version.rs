//! The version of a pack release.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A semantic version, `MAJOR.MINOR.PATCH[-prerelease][+build]`.
///
/// Off-spec: Attune's database also takes leading zeros (`01.2.3`); semver.org does not, and neither
/// do we, since two spellings of one version would be two releases.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("pattern" = r"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$"))]
pub struct Version(semver::Version);

/// Why a text is not a [`Version`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version of the form MAJOR.MINOR.PATCH: {reason}")]
pub struct VersionError {
    text: String,
    reason: String,
}

/// The longest version that Attune's API accepts, in bytes.
const MAX_LEN: usize = 50;

impl Version {
    /// A release version without prerelease or build.
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self(semver::Version::new(major, minor, patch))
    }

    /// Parses `MAJOR.MINOR.PATCH[-prerelease][+build]`.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let error = |reason: String| VersionError { text: text.to_owned(), reason };
        if text.len() > MAX_LEN {
            return Err(error(format!("it is longer than {MAX_LEN} characters")));
        }
        semver::Version::parse(text).map(Self).map_err(|source| error(source.to_string()))
    }

    /// The version as the `semver` crate knows it.
    pub const fn semver(&self) -> &semver::Version {
        &self.0
    }

    /// Whether it has a prerelease part, such as `-rc.1`.
    pub fn is_prerelease(&self) -> bool {
        !self.0.pre.is_empty()
    }
}

impl From<semver::Version> for Version {
    fn from(version: semver::Version) -> Self {
        Self(version)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        Self::parse(&text)
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_order_by_precedence() {
        let sorted = ["0.9.0", "1.0.0-alpha", "1.0.0-rc.1", "1.0.0", "1.0.10", "1.2.0"];
        let versions: Vec<_> = sorted.iter().map(|text| Version::parse(text).unwrap()).collect();
        assert!(versions.is_sorted());
    }

    #[test]
    fn bad_versions_are_refused() {
        for text in ["", "1", "1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-", "latest", "1.0.0 "] {
            assert!(Version::parse(text).is_err(), "{text:?}");
        }
        assert!(Version::parse(&format!("1.0.0-{}", "a".repeat(60))).is_err());
    }
}

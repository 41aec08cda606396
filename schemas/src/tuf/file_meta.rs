//! Metadata's description of another file: version, length, hashes; and the check of bytes against it.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha512};

use super::ExtraFields;
use crate::digest::Digest;

/// The description of a metadata file in a timestamp or snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MetaFile {
    /// The file's version.
    pub version: NonZeroU64,
    /// Its exact length in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// Its hashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashes: Option<Hashes>,
    /// Unknown fields.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

/// The description of a target in a targets role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TargetFile {
    /// Its exact length in bytes.
    pub length: u64,
    /// Its hashes.
    pub hashes: Hashes,
    /// Anything the publisher adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<Value>,
    /// Unknown fields.
    #[serde(flatten)]
    pub extra: ExtraFields,
}

/// Hash algorithm to lowercase hex; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
#[schemars(with = "BTreeMap<String, String>", extend("minProperties" = 1))]
pub struct Hashes(BTreeMap<String, String>);

/// The difference between bytes and their description in metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileMismatch {
    /// Another length.
    #[error("expected {expected} bytes, got {actual}")]
    Length {
        /// The value that metadata states.
        expected: u64,
        /// The value found.
        actual: u64,
    },
    /// Another hash.
    #[error("expected {algorithm} `{expected}`, got `{actual}`")]
    Hash {
        /// The algorithm.
        algorithm: &'static str,
        /// The value that metadata states.
        expected: String,
        /// The value found.
        actual: String,
    },
    /// A hash that cannot be checked.
    #[error("hashes of unknown algorithms cannot be checked: {0}")]
    UnknownAlgorithms(String),
}

/// `hashes` is there, but empty.
#[derive(Debug, thiserror::Error)]
#[error("`hashes` is empty")]
pub struct EmptyHashes;

impl MetaFile {
    /// The entry for metadata file `bytes` of version `version`.
    pub fn describe(version: NonZeroU64, bytes: &[u8]) -> Self {
        Self {
            version,
            length: Some(bytes.len() as u64),
            hashes: Some(Hashes::sha256_of(Digest::of(bytes))),
            extra: ExtraFields::new(),
        }
    }

    /// Checks length and hashes, so far as they are given. The version is inside the file.
    pub fn check(&self, bytes: &[u8]) -> Result<(), FileMismatch> {
        if let Some(length) = self.length {
            check_length(length, bytes)?;
        }
        self.hashes.as_ref().map_or(Ok(()), |hashes| hashes.check(bytes))
    }
}

impl TargetFile {
    /// The entry for a target of `length` bytes whose sha256 is `digest`.
    pub fn new(length: u64, digest: Digest) -> Self {
        Self { length, hashes: Hashes::sha256_of(digest), custom: None, extra: ExtraFields::new() }
    }

    /// Checks length and hashes.
    pub fn check(&self, bytes: &[u8]) -> Result<(), FileMismatch> {
        check_length(self.length, bytes)?;
        self.hashes.check(bytes)
    }
}

impl Hashes {
    /// One sha256.
    pub fn sha256_of(digest: Digest) -> Self {
        Self(BTreeMap::from([("sha256".to_owned(), digest.hex())]))
    }

    /// The sha256, if there is one and it is well formed.
    pub fn sha256(&self) -> Option<Digest> {
        self.0.get("sha256").and_then(|hex| Digest::from_hex(hex).ok())
    }

    /// The hash that names the file in a repository with consistent snapshots: the sha256 if there is one,
    /// else the sha512, else any.
    pub fn preferred(&self) -> &str {
        let known = self.0.get("sha256").or_else(|| self.0.get("sha512"));
        known.or_else(|| self.0.values().next()).map_or("", String::as_str)
    }

    /// Checks every hash. All that are given must match (TUF 5.5.2, 5.6.2, 5.7.2), so one that cannot be
    /// checked is treated as one that does not match.
    pub fn check(&self, bytes: &[u8]) -> Result<(), FileMismatch> {
        let mut unknown = Vec::new();
        for (algorithm, expected) in &self.0 {
            let (algorithm, actual) = match algorithm.as_str() {
                "sha256" => ("sha256", Digest::of(bytes).hex()),
                "sha512" => ("sha512", hex::encode(Sha512::digest(bytes))),
                other => {
                    unknown.push(other);
                    continue;
                }
            };
            if actual != *expected {
                return Err(FileMismatch::Hash { algorithm, expected: expected.clone(), actual });
            }
        }
        if unknown.is_empty() { Ok(()) } else { Err(FileMismatch::UnknownAlgorithms(unknown.join(", "))) }
    }
}

impl TryFrom<BTreeMap<String, String>> for Hashes {
    type Error = EmptyHashes;

    fn try_from(hashes: BTreeMap<String, String>) -> Result<Self, EmptyHashes> {
        if hashes.is_empty() { Err(EmptyHashes) } else { Ok(Self(hashes)) }
    }
}

impl From<Hashes> for BTreeMap<String, String> {
    fn from(hashes: Hashes) -> Self {
        hashes.0
    }
}

fn check_length(expected: u64, bytes: &[u8]) -> Result<(), FileMismatch> {
    let actual = bytes.len() as u64;
    if actual == expected { Ok(()) } else { Err(FileMismatch::Length { expected, actual }) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hashes(value: serde_json::Value) -> Hashes {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn every_known_hash_must_match() {
        let (sha256, sha512) = (Digest::of(b"x").hex(), hex::encode(Sha512::digest(b"x")));
        assert_eq!(hashes(json!({"sha256": sha256, "sha512": sha512})).check(b"x"), Ok(()));
        assert!(hashes(json!({"sha256": sha256, "sha512": sha256})).check(b"x").is_err());
        assert!(hashes(json!({"sha256": sha512, "sha512": sha512})).check(b"x").is_err());
        assert!(hashes(json!({"sha256": sha256})).check(b"y").is_err());
    }

    #[test]
    fn a_hash_that_cannot_be_checked_is_refused_alone_and_beside_others() {
        let sha256 = Digest::of(b"x").hex();
        let error = hashes(json!({"sha256": sha256, "md4": "?"})).check(b"x").unwrap_err();
        assert_eq!(error, FileMismatch::UnknownAlgorithms("md4".to_owned()));
        let error = hashes(json!({"md5": "00", "crc": "0"})).check(b"x").unwrap_err();
        assert_eq!(error, FileMismatch::UnknownAlgorithms("crc, md5".to_owned()));
    }

    #[test]
    fn a_wrong_length_is_refused() {
        let file = TargetFile::new(2, Digest::of(b"x"));
        assert_eq!(file.check(b"x"), Err(FileMismatch::Length { expected: 2, actual: 1 }));
    }

    #[test]
    fn empty_hashes_are_refused() {
        assert!(serde_json::from_value::<TargetFile>(json!({"length": 1, "hashes": {}})).is_err());
    }
}

//! The `index.json` of Attune's own pack registries, as far as sources are looked up in it.
//!
//! ```text
//! { "packs": [ { "ref": "slack", "version": "1.0.0", "install_sources": [
//!     { "type": "git", "url": "https://...", "ref": "v1.0.0", "checksum": "..." },
//!     { "type": "archive", "url": "https://...", "checksum": "sha256:..." } ] } ] }
//! ```
//!
//! One version of a pack is listed; of several entries the first counts. Everything else in it is passed over, as
//! its own tools disagree on it.

use serde::Deserialize;
use serde_json::Value;

use crate::pack_ref::PackRef;
use crate::version::Version;

/// An index.
#[derive(Debug, Clone)]
pub struct UpstreamIndex {
    packs: Vec<Value>,
}

/// A pack of an index.
#[derive(Debug, Clone, Deserialize)]
pub struct IndexedPack {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// The one version that is listed.
    pub version: Version,
    /// Where it can be had.
    #[serde(default)]
    install_sources: Vec<IndexedSource>,
}

/// A place of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum IndexedSource {
    /// A git repository.
    Git {
        /// Its URL.
        url: String,
        /// The branch, tag or commit.
        #[serde(rename = "ref", default)]
        reference: Option<String>,
    },
    /// An archive.
    Archive {
        /// Its URL.
        url: String,
        /// Its checksum, as `algorithm:hex`.
        #[serde(default)]
        checksum: String,
    },
    /// One of a kind that is not known here.
    #[serde(other)]
    Other,
}

/// Why an index, or an entry of it, cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamIndexError {
    /// It is no JSON.
    #[error("it is not JSON")]
    Json(#[source] serde_json::Error),
    /// It is something else.
    #[error("it is not an index of packs: there is no list `packs`")]
    NoPacks,
    /// The entry of the pack is not valid.
    #[error("its entry of pack `{pack}` is not valid")]
    Entry {
        /// The pack.
        pack: PackRef,
        /// The fault.
        #[source]
        source: serde_json::Error,
    },
}

impl UpstreamIndex {
    /// Reads an index.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, UpstreamIndexError> {
        let mut index: Value = serde_json::from_slice(bytes).map_err(UpstreamIndexError::Json)?;
        match index.get_mut("packs").map(Value::take) {
            Some(Value::Array(packs)) => Ok(Self { packs }),
            _ => Err(UpstreamIndexError::NoPacks),
        }
    }

    /// The entry of `pack`, if there is one.
    ///
    /// # Errors
    /// The entry is not valid; what is wrong with others is of no interest.
    pub fn pack(&self, pack: &PackRef) -> Result<Option<IndexedPack>, UpstreamIndexError> {
        let entry = self.packs.iter().find(|entry| entry["ref"] == pack.as_str());
        let parsed = entry.map(IndexedPack::deserialize).transpose();
        parsed.map_err(|source| UpstreamIndexError::Entry { pack: pack.clone(), source })
    }
}

impl IndexedPack {
    /// The place to take it from: the first repository, else the first archive, as Attune chooses.
    pub fn source(&self) -> Option<&IndexedSource> {
        let first =
            |is_it: fn(&IndexedSource) -> bool| self.install_sources.iter().find(|source| is_it(source));
        first(|source| matches!(source, IndexedSource::Git { .. }))
            .or_else(|| first(|source| matches!(source, IndexedSource::Archive { .. })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = r#"{"registry_name": "x", "packs": [
        {"ref": "broken", "version": 1},
        {"ref": "slack", "version": "1.0.0", "contents": {"actions": 3}, "install_sources": [
            {"type": "oci", "image": "x"},
            {"type": "archive", "url": "https://h.invalid/slack.tgz", "checksum": "sha256:00"},
            {"type": "git", "url": "https://h.invalid/slack.git", "ref": "v1", "checksum": ""}]},
        {"ref": "slack", "version": "2.0.0", "install_sources": []},
        {"ref": "empty", "version": "1.0.0"}]}"#;

    #[test]
    fn a_pack_is_found_with_its_repository_first() {
        let index = UpstreamIndex::parse(INDEX.as_bytes()).unwrap();
        let slack = index.pack(&"slack".parse().unwrap()).unwrap().unwrap();
        assert_eq!(slack.version.to_string(), "1.0.0");
        assert!(matches!(slack.source(), Some(IndexedSource::Git { reference: Some(r), .. }) if r == "v1"));
        assert!(index.pack(&"absent".parse().unwrap()).unwrap().is_none());
        assert!(index.pack(&"empty".parse().unwrap()).unwrap().unwrap().source().is_none());
    }

    #[test]
    fn what_is_no_index_and_a_broken_entry_are_told() {
        assert!(matches!(UpstreamIndex::parse(b"<html>"), Err(UpstreamIndexError::Json(_))));
        for text in ["[]", "{}", r#"{"packs": {}}"#] {
            assert!(
                matches!(UpstreamIndex::parse(text.as_bytes()), Err(UpstreamIndexError::NoPacks)),
                "{text}"
            );
        }
        let index = UpstreamIndex::parse(INDEX.as_bytes()).unwrap();
        assert!(matches!(index.pack(&"broken".parse().unwrap()), Err(UpstreamIndexError::Entry { .. })));
    }
}

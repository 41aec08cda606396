//! The memory of a store, for people.

use attune_schemas::tuf::{MetadataTime, Role};

use super::error::StateError;
use super::metadata_store::{MetadataStore, SeenVersions};
use super::verified::Verified;

/// The versions that nothing may roll back behind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// Timestamp, snapshot, and every role that the snapshot lists.
    pub versions: Vec<SeenVersion>,
    /// When the timestamp was signed; `None` in metadata written by other programs.
    pub signed_at: Option<MetadataTime>,
}

/// The newest version seen of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenVersion {
    /// The role.
    pub role: String,
    /// The version.
    pub version: u64,
    /// When it expires; known for timestamp and snapshot.
    pub expires: Option<MetadataTime>,
}

impl MetadataStore {
    /// The versions seen so far; empty if none were.
    pub fn seen(&self) -> Result<Seen, StateError> {
        let Some(stored) = self.load()? else { return Ok(Seen::default()) };
        let SeenVersions { timestamp, snapshot } = stored.seen;
        let mut versions = Vec::new();
        versions.extend(timestamp.as_ref().map(|seen| of("timestamp", seen)));
        versions.extend(snapshot.as_ref().map(|seen| of("snapshot", seen)));
        for (file, meta) in snapshot.iter().flat_map(|snapshot| &snapshot.role().meta) {
            let role = file.strip_suffix(".json").unwrap_or(file).to_owned();
            versions.push(SeenVersion { role, version: meta.version.get(), expires: None });
        }
        let signed_at = timestamp.and_then(|timestamp| timestamp.role().signed_at);
        Ok(Seen { versions, signed_at })
    }
}

fn of<R: Role>(role: &str, seen: &Verified<R>) -> SeenVersion {
    SeenVersion { role: role.to_owned(), version: seen.version(), expires: Some(seen.role().expires()) }
}

//! The memory of a store, for people.

use attune_schemas::tuf::{MetadataTime, Role, RoleType, Root, Targets};

use super::error::StateError;
use super::metadata_store::{MetadataStore, SeenVersions};
use super::role_file::role_file;
use super::verified::{Authority, Verified};

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
    /// When it expires; known of the top-level roles, where their files are kept.
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
            let version = meta.version.get();
            let is_top_level = role == RoleType::Targets.as_str();
            let expires =
                if is_top_level { self.expiry_of_targets(stored.root.role(), version) } else { None };
            versions.push(SeenVersion { role, version, expires });
        }
        let signed_at = timestamp.and_then(|timestamp| timestamp.role().signed_at);
        Ok(Seen { versions, signed_at })
    }

    /// When the kept targets metadata expires, if it is the `version` that was seen and `root` vouches for it.
    fn expiry_of_targets(&self, root: &Root, version: u64) -> Option<MetadataTime> {
        let file = role_file(RoleType::Targets.as_str());
        let bytes = self.cached_role(RoleType::Targets.as_str())?;
        let authority = Authority::top_level(root, RoleType::Targets);
        let targets = Verified::<Targets>::check(&file, &bytes, authority).ok()?;
        (targets.version() == version).then(|| targets.role().expires())
    }
}

fn of<R: Role>(role: &str, seen: &Verified<R>) -> SeenVersion {
    SeenVersion { role: role.to_owned(), version: seen.version(), expires: Some(seen.role().expires()) }
}

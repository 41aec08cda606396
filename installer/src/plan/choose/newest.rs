//! The newest release of a pack, whatever else is installed or asked for.

use attune_schemas::Platform;
use attune_schemas::pack_index::Release;

/// The release that a request without a requirement leads to: the highest version that is neither yanked nor a
/// prerelease.
pub fn newest_release(releases: &[Release]) -> Option<&Release> {
    newest_for(None, releases)
}

/// The same of those that install on `platform`; of all where that is unknown.
pub fn newest_for(platform: Option<Platform>, releases: &[Release]) -> Option<&Release> {
    let fits = |release: &&Release| {
        release.platforms.is_empty() || platform.is_none_or(|platform| release.platforms.contains(&platform))
    };
    let offered = releases.iter().filter(|release| release.yanked.is_none()).filter(fits);
    offered.filter(|release| !release.version.is_prerelease()).max_by_key(|release| &release.version)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn release(version: &str, fields: Value) -> Release {
        let mut release = json!({
            "version": version, "size": 1, "published_at": "2026-01-01T00:00:00Z",
            "manifest": {"digest": format!("sha256:{}", "0".repeat(64)), "size": 1},
        });
        let Value::Object(fields) = fields else { panic!("an object") };
        release.as_object_mut().unwrap().extend(fields);
        serde_json::from_value(release).unwrap()
    }

    #[test]
    fn neither_yanked_releases_nor_prereleases_are_the_newest() {
        let releases = [
            release("1.9.0", json!({})),
            release("2.0.0-rc.1", json!({})),
            release("1.10.0", json!({})),
            release("1.11.0", json!({"yanked": "it lost data"})),
        ];
        assert_eq!(newest_release(&releases).unwrap().version.to_string(), "1.10.0");
        assert_eq!(newest_release(&releases[1..2]), None);
        assert_eq!(newest_release(&[]), None);
    }

    #[test]
    fn a_release_for_other_machines_is_not_the_newest_here() {
        let here = Platform::named("linux/amd64").unwrap();
        let releases = [release("1.0.0", json!({})), release("2.0.0", json!({"platforms": ["linux/arm64"]}))];
        assert_eq!(newest_for(Some(here), &releases).unwrap().version.to_string(), "1.0.0");
        assert_eq!(newest_for(None, &releases).unwrap().version.to_string(), "2.0.0");
    }
}

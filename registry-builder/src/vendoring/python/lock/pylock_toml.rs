//! The fields of `pylock.toml` that are read, as TOML spells them.
//!
//! Unknown fields are passed over, as PEP 751 asks for minor versions. Nothing is judged here.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use url::Url;

use attune_registry::fetch::percent_decoded;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct RawLock {
    pub(crate) lock_version: String,
    pub(crate) requires_python: Option<String>,
    #[serde(default)]
    pub(crate) environments: Vec<String>,
    #[serde(default)]
    pub(crate) default_groups: Vec<String>,
    pub(crate) packages: Vec<RawPackage>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct RawPackage {
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) marker: Option<String>,
    pub(crate) requires_python: Option<String>,
    #[serde(default)]
    pub(crate) wheels: Vec<RawFile>,
    pub(crate) sdist: Option<RawFile>,
    pub(crate) vcs: Option<RawVcs>,
    pub(crate) directory: Option<RawDirectory>,
    pub(crate) archive: Option<RawFile>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RawFile {
    pub(crate) name: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) size: Option<u64>,
    #[serde(default)]
    pub(crate) hashes: BTreeMap<String, String>,
    /// Of an archive of sources.
    pub(crate) subdirectory: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct RawVcs {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) url: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) commit_id: Option<String>,
    pub(crate) subdirectory: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RawDirectory {
    pub(crate) path: String,
    pub(crate) subdirectory: Option<String>,
}

impl RawFile {
    /// The file's name: as given, else the last part of its path or URL.
    pub(crate) fn filename(&self) -> Option<String> {
        if let Some(name) = &self.name {
            return Some(name.clone());
        }
        if let Some(path) = &self.path {
            return Path::new(path).file_name()?.to_str().map(str::to_owned);
        }
        let url: Url = self.url.as_deref()?.parse().ok()?;
        let last = url.path_segments()?.next_back()?;
        percent_decoded(last)
    }

    /// Whether its name is a wheel's.
    pub(crate) fn is_wheel(&self) -> bool {
        self.filename().is_some_and(|name| {
            Path::new(&name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("whl"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_comes_from_the_nearest_place() {
        let file = |name: Option<&str>, url: Option<&str>, path: Option<&str>| RawFile {
            name: name.map(str::to_owned),
            url: url.map(str::to_owned),
            path: path.map(str::to_owned),
            size: None,
            hashes: BTreeMap::new(),
            subdirectory: None,
        };
        let url = Some("https://h.invalid/d/foo-1.0%2Bcpu-py3-none-any.whl?x=1#frag");
        assert_eq!(file(None, url, None).filename().unwrap(), "foo-1.0+cpu-py3-none-any.whl");
        assert_eq!(file(None, url, Some("a/b.whl")).filename().unwrap(), "b.whl");
        assert_eq!(file(Some("c.whl"), url, Some("a/b.whl")).filename().unwrap(), "c.whl");
        assert_eq!(file(None, None, None).filename(), None);
        assert_eq!(percent_decoded("100%").as_deref(), Some("100%"));
        assert_eq!(percent_decoded("%ff"), None);
    }
}

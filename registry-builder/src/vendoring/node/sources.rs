//! Where the tarball of each package comes from.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use attune_registry::atomic_file::write_unshared;
use serde_json::Value;
use url::Url;

use super::entry_point::EntryPoint;
use super::error::{NO_INTEGRITY, NodeError};
use super::inputs::{PACKAGE_FILE, without_mark};
use super::lock::lockfile::{LockEntry, name_of_place};
use super::npm::Npm;
use super::prepare::Preparer;
use super::tarball::read_tarball;
use crate::vendoring::source_tree::inside;
use crate::vendoring::source_tree::{check_out, copy_directory};
use attune_registry::fetch::Location;
use attune_registry::fetch::shown;
use attune_registry::fetch::{CachedFile, DownloadCache};
use attune_registry::fetch::{Checksum, DownloadRequest};

/// The host that stands in a lock for whichever registry is configured. Source: npm's documentation of
/// `replace-registry-host`.
const ANY_REGISTRY: &str = "registry.npmjs.org";

/// A tarball to be had.
#[derive(Debug, Clone)]
pub(super) enum TarballSource {
    /// It is fetched.
    Fetch { request: DownloadRequest, origin: Option<String> },
    /// It was packed here.
    Packed { file: CachedFile, origin: String },
    /// It comes inside another package's.
    InBundle,
}

/// Finds tarballs.
pub(super) struct Sources<'a> {
    pub(super) pack_dir: &'a Path,
    pub(super) npm: &'a Npm<'a>,
    pub(super) cache: &'a DownloadCache,
    /// The registry of each scope that was asked for.
    pub(super) registries: RefCell<BTreeMap<Option<String>, Url>>,
    pub(super) preparer: Preparer<'a>,
}

impl Sources<'_> {
    /// Where the package at `place` comes from; as an inner error why it cannot be had.
    pub(super) fn find(
        &self,
        place: &str,
        entry: &LockEntry,
    ) -> Result<Result<TarballSource, String>, NodeError> {
        let name = entry.name.as_deref().unwrap_or_else(|| name_of_place(place));
        if entry.in_bundle {
            return Ok(Ok(TarballSource::InBundle));
        }
        if let Some(directory) = &entry.directory {
            return self.packed_directory(name, directory);
        }
        let Some(resolved) = &entry.resolved else { return self.published(name, entry) };
        if let Some(path) = resolved.strip_prefix("file:") {
            return self.local_tarball(name, path, entry);
        }
        if let Some((url, commit)) = repository(resolved) {
            return self.packed_repository(name, &url, commit);
        }
        match resolved.parse::<Url>() {
            Ok(url) if matches!(url.scheme(), "http" | "https") => self.fetched(name, url, entry),
            _ => Ok(Err(format!(
                "`{name}` comes from `{}`, which nothing is fetched from",
                resolved.escape_debug()
            ))),
        }
    }

    /// From the configured registry, where the lock leaves URLs out.
    fn published(&self, name: &str, entry: &LockEntry) -> Result<Result<TarballSource, String>, NodeError> {
        let Some(version) = &entry.version else {
            return Ok(Err(format!("`{name}` has neither URL nor version in the lock")));
        };
        let base = name.rsplit('/').next().unwrap_or(name);
        let path = format!("{name}/-/{base}-{version}.tgz");
        match self.registry_of(name)?.join(&path) {
            Ok(url) => self.fetched(name, url, entry),
            Err(error) => Ok(Err(format!("`{name}` {version} has no URL: {error}"))),
        }
    }

    fn fetched(
        &self,
        name: &str,
        url: Url,
        entry: &LockEntry,
    ) -> Result<Result<TarballSource, String>, NodeError> {
        let checksum = match checksum(name, entry) {
            Ok(checksum) => checksum,
            Err(reason) => return Ok(Err(reason)),
        };
        let url = if url.host_str() == Some(ANY_REGISTRY) { self.moved(name, url)? } else { url };
        let origin = Some(shown(&url));
        let request =
            DownloadRequest { name: name.to_owned(), location: Location::Url(url), checksum, size: None };
        Ok(Ok(TarballSource::Fetch { request, origin }))
    }

    /// `url` at the configured registry; without npm it stays where it is.
    fn moved(&self, name: &str, url: Url) -> Result<Url, NodeError> {
        match self.registry_of(name) {
            Ok(registry) => Ok(registry.join(url.path().trim_start_matches('/')).unwrap_or(url)),
            Err(NodeError::NoNpm { .. }) => Ok(url),
            Err(error) => Err(error),
        }
    }

    fn registry_of(&self, name: &str) -> Result<Url, NodeError> {
        let scope = name.split_once('/').map(|(scope, _)| scope.to_owned());
        if let Some(known) = self.registries.borrow().get(&scope) {
            return Ok(known.clone());
        }
        let url = self.npm.registry(scope.as_deref())?;
        self.registries.borrow_mut().insert(scope, url.clone());
        Ok(url)
    }

    fn local_tarball(
        &self,
        name: &str,
        path: &str,
        entry: &LockEntry,
    ) -> Result<Result<TarballSource, String>, NodeError> {
        let Some(found) = inside(self.pack_dir, path).filter(|found| found.is_file()) else {
            return Ok(Err(format!("`{name}` comes from `{path}`, which is not a file of the pack")));
        };
        if entry.integrity.is_none() {
            // The pack itself vouches for its files.
            let file = self.cache.keep(&found)?;
            return Ok(Ok(TarballSource::Packed { file, origin: format!("{path} of the pack") }));
        }
        Ok(checksum(name, entry).map(|checksum| TarballSource::Fetch {
            request: DownloadRequest {
                name: name.to_owned(),
                location: Location::Path(found),
                checksum,
                size: None,
            },
            origin: Some(format!("{path} of the pack")),
        }))
    }

    fn packed_directory(
        &self,
        name: &str,
        directory: &str,
    ) -> Result<Result<TarballSource, String>, NodeError> {
        let Some(path) = inside(self.pack_dir, directory) else {
            return Ok(Err(format!("`{directory}` is not a directory of the pack")));
        };
        let area = tempfile::tempdir()?;
        let copy = area.path().join("project");
        copy_directory(&path, &copy)?;
        keep_every_file(&copy)?;
        self.pack(name, &copy, area.path(), format!("{directory} of the pack")).map(Ok)
    }

    fn packed_repository(
        &self,
        name: &str,
        url: &Url,
        commit: &str,
    ) -> Result<Result<TarballSource, String>, NodeError> {
        let area = tempfile::tempdir()?;
        let mut failure = String::new();
        for (attempt, url) in reachable_forms(url).into_iter().enumerate() {
            let directory = area.path().join(format!("repository-{attempt}"));
            match check_out(&url, commit, &directory)? {
                Ok(()) => {
                    let last = url.trim_end_matches('/').rsplit('/').next().unwrap_or(&url).to_owned();
                    let shown =
                        url.parse::<Url>().ok().filter(|url| url.scheme() != "file").map(|url| shown(&url));
                    let origin = format!("{}#{commit}", shown.unwrap_or(last));
                    return self.pack(name, &directory, area.path(), origin).map(Ok);
                }
                Err(reason) => failure = reason,
            }
        }
        Ok(Err(format!("`{}` cannot be fetched: {failure}", shown(url))))
    }

    fn pack(
        &self,
        name: &str,
        directory: &Path,
        area: &Path,
        origin: String,
    ) -> Result<TarballSource, NodeError> {
        let has_script = self.preparer.prepare(name, directory, area)?;
        let tarball = self.npm.pack(directory, &area.join("packed"))?;
        let facts = read_tarball(&tarball, name, None)?;
        if let EntryPoint::Missing(path) = facts.entry_point {
            return Err(NodeError::Unbuilt { name: name.to_owned(), path, has_script });
        }
        Ok(TarballSource::Packed { file: self.cache.keep(&tarball)?, origin })
    }
}

/// Lets npm pack all of the project in `directory`: a directory of the pack is linked by npm, and then all of it
/// is there, whatever its author would publish.
fn keep_every_file(directory: &Path) -> Result<(), NodeError> {
    let manifest = directory.join(PACKAGE_FILE);
    let text = fs_err::read(&manifest)?;
    // npm says what is wrong with one that cannot be read.
    if let Ok(Value::Object(mut package)) = serde_json::from_slice(without_mark(&text))
        && package.remove("files").is_some()
    {
        let bytes = serde_json::to_vec_pretty(&package).map_err(std::io::Error::from)?;
        write_unshared(&manifest, bytes)?;
    }
    Ok(remove_ignore_files(directory)?)
}

fn remove_ignore_files(directory: &Path) -> std::io::Result<()> {
    for entry in fs_err::read_dir(directory)? {
        let (entry, path) = entry.map(|entry| (entry.file_type(), entry.path()))?;
        let name = path.file_name().unwrap_or_default();
        if entry?.is_dir() {
            if name != "node_modules" {
                remove_ignore_files(&path)?;
            }
        } else if name == ".gitignore" || name == ".npmignore" {
            fs_err::remove_file(&path)?;
        }
    }
    Ok(())
}

fn checksum(name: &str, entry: &LockEntry) -> Result<Checksum, String> {
    let Some(integrity) = &entry.integrity else {
        return Err(format!("`{name}` {NO_INTEGRITY}"));
    };
    integrity.parse().map(Checksum::Integrity).map_err(|error| format!("the integrity of `{name}`: {error}"))
}

/// The repository and commit that `resolved` names, if it is one of git.
fn repository(resolved: &str) -> Option<(Url, &str)> {
    let (place, commit) = resolved.rsplit_once('#')?;
    let place = place.strip_prefix("git+").or_else(|| place.starts_with("git://").then_some(place))?;
    let is_commit = commit.len() >= 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
    is_commit.then_some(())?;
    Some((place.parse().ok()?, commit))
}

/// A repository that a lock names by ssh can often be read by https, without a key.
fn reachable_forms(url: &Url) -> Vec<String> {
    let as_written = url.to_string();
    match (url.scheme(), url.host_str()) {
        ("ssh", Some(host)) => {
            vec![format!("https://{host}/{}", url.path().trim_start_matches('/')), as_written]
        }
        _ => vec![as_written],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "e5403460d1d2abe54de374388997a07a429031c0";

    #[test]
    fn repositories_are_told_from_tarballs() {
        let ssh = format!("git+ssh://git@h.invalid/u/r.git#{COMMIT}");
        let (url, commit) = repository(&ssh).unwrap();
        assert_eq!((url.as_str(), commit), ("ssh://git@h.invalid/u/r.git", COMMIT));
        assert_eq!(reachable_forms(&url)[0], "https://h.invalid/u/r.git");
        for other in
            ["https://h.invalid/r.tgz", "git+https://h.invalid/r.git#main", "git+https://h.invalid/r.git"]
        {
            assert!(repository(other).is_none(), "{other}");
        }
    }

    #[test]
    fn what_has_no_integrity_is_not_fetched() {
        let entry =
            LockEntry { resolved: Some("https://h.invalid/a-1.tgz".to_owned()), ..LockEntry::default() };
        assert!(checksum("a", &entry).unwrap_err().contains("no integrity"));
        let entry = LockEntry { integrity: Some("md5-x".to_owned()), ..LockEntry::default() };
        assert!(checksum("a", &entry).is_err());
    }
}

//! Where the source of a package is, for those that publish no wheel that fits.

use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use schemars::JsonSchema;
use serde::Serialize;
use url::Url;

use super::pylock::{PylockError, location_of};
use super::pylock_toml::{RawFile, RawPackage};
use crate::vendoring::source_tree::inside;
use attune_registry::fetch::Location;

/// The source of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PackageSource {
    /// A source distribution, or another archive of a source tree.
    Archive(SourceArchive),
    /// A commit of a git repository.
    Git {
        /// The repository, as git takes it.
        url: String,
        /// The commit.
        commit: String,
        /// The project's directory in it.
        subdirectory: Option<String>,
    },
    /// A directory of the pack.
    Directory {
        /// Where it is.
        path: PathBuf,
        /// The same, relative to the pack.
        relative: String,
    },
    /// One that nothing is built from.
    Unsupported(UnsupportedSource),
}

/// An archive of a source tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceArchive {
    /// Its name as published.
    pub filename: String,
    /// Where it is.
    pub location: Location,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes, where the lock says it.
    pub size: Option<u64>,
    /// The project's directory in it.
    pub subdirectory: Option<String>,
}

/// A source that nothing is built from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnsupportedSource {
    /// A version control repository that git does not read, or without a commit.
    Vcs,
    /// A directory outside of the pack.
    Directory,
    /// An archive without a digest.
    Archive,
}

impl PackageSource {
    /// The source that a lock's entry names, if any; relative paths are below `pack_dir`.
    pub(super) fn from_raw(raw: &RawPackage, pack_dir: &Path) -> Result<Option<Self>, PylockError> {
        if let Some(vcs) = &raw.vcs {
            let url = vcs
                .url
                .clone()
                .or_else(|| Some(inside(pack_dir, vcs.path.as_deref()?)?.display().to_string()));
            return Ok(Some(match (vcs.kind.as_str(), url, vcs.commit_id.clone()) {
                // A name that begins with a dash would be an option to git.
                ("git", Some(url), Some(commit)) if is_commit(&commit) && !url.starts_with('-') => {
                    Self::Git { url, commit, subdirectory: vcs.subdirectory.clone() }
                }
                _ => Self::Unsupported(UnsupportedSource::Vcs),
            }));
        }
        if let Some(directory) = &raw.directory {
            let relative = match &directory.subdirectory {
                Some(below) => format!("{}/{below}", directory.path),
                None => directory.path.clone(),
            };
            let found = inside(pack_dir, &relative).map(|path| Self::Directory { path, relative });
            return Ok(Some(found.unwrap_or(Self::Unsupported(UnsupportedSource::Directory))));
        }
        let archive = raw.archive.as_ref().filter(|archive| !archive.is_wheel());
        raw.sdist.as_ref().or(archive).map(|file| Self::archive(file, &raw.name, pack_dir)).transpose()
    }

    fn archive(file: &RawFile, package: &str, pack_dir: &Path) -> Result<Self, PylockError> {
        let sha256 =
            file.hashes.get("sha256").and_then(|hex| Digest::from_hex(&hex.to_ascii_lowercase()).ok());
        let filename = file.filename().filter(|name| !name.contains(['/', '\\']) && !name.starts_with('-'));
        let (Some(digest), Some(filename)) = (sha256, filename) else {
            return Ok(Self::Unsupported(UnsupportedSource::Archive));
        };
        let location = location_of(file, package, pack_dir)?;
        let subdirectory = file.subdirectory.clone();
        Ok(Self::Archive(SourceArchive { filename, location, digest, size: file.size, subdirectory }))
    }

    /// Its description, for a release and for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Archive(archive) => archive.filename.clone(),
            Self::Git { url, commit, subdirectory } => {
                let url = shown_repository(url);
                let below = subdirectory.as_ref().map(|below| format!("#{below}")).unwrap_or_default();
                format!("{url}@{commit}{below}")
            }
            Self::Directory { relative, .. } => format!("{relative} of the pack"),
            Self::Unsupported(source) => source.describe().to_owned(),
        }
    }
}

impl UnsupportedSource {
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::Vcs => "a repository that is not git, or not at a commit",
            Self::Directory => "a directory outside of the pack",
            Self::Archive => "an archive without a sha256",
        }
    }
}

/// A repository's URL without its login; of a path, which tells nobody anything, the last part.
fn shown_repository(text: &str) -> String {
    match text.parse::<Url>() {
        Ok(url) if url.scheme() != "file" => attune_registry::fetch::shown(&url),
        _ => text.trim_end_matches('/').rsplit('/').next().unwrap_or(text).to_owned(),
    }
}

fn is_commit(text: &str) -> bool {
    text.len() >= 40 && text.chars().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendoring::python::lock::Pylock;

    fn source(fields: &str) -> Option<PackageSource> {
        let pack = tempfile::tempdir().unwrap();
        fs_err::create_dir(pack.path().join("src")).unwrap();
        let text = format!("lock-version = '1.0'\n[[packages]]\nname = 'foo'\n{fields}\n");
        Pylock::parse(&text, pack.path()).unwrap().packages.remove(0).source
    }

    const SHA: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const COMMIT: &str = "e5403460d1d2abe54de374388997a07a429031c0";

    #[test]
    fn sources_are_read() {
        let git =
            format!("vcs = {{ type = 'git', url = 'https://u:p@h.invalid/x', commit-id = '{COMMIT}' }}");
        let shown = source(&git).unwrap().describe();
        assert!(shown.ends_with(&format!("h.invalid/x@{COMMIT}")) && !shown.contains("u:p"), "{shown}");
        assert!(matches!(source("directory = { path = 'src' }"), Some(PackageSource::Directory { .. })));
        for field in ["sdist", "archive"] {
            let archive = source(&format!(
                "{field} = {{ url = 'https://h.invalid/foo-1.tar.gz', hashes = {{ sha256 = '{SHA}' }} }}"
            ));
            assert_eq!(archive.unwrap().describe(), "foo-1.tar.gz");
        }
        assert_eq!(source(""), None);
    }

    #[test]
    fn sources_that_nothing_is_built_from_are_told() {
        let table = [
            ("vcs = { type = 'hg', url = 'https://h.invalid/x', commit-id = '0' }", UnsupportedSource::Vcs),
            (
                "vcs = { type = 'git', url = 'https://h.invalid/x', commit-id = 'main' }",
                UnsupportedSource::Vcs,
            ),
            ("directory = { path = '../elsewhere' }", UnsupportedSource::Directory),
            (
                "sdist = { url = 'https://h.invalid/foo-1.tar.gz', hashes = { md5 = '0' } }",
                UnsupportedSource::Archive,
            ),
        ];
        for (fields, expected) in table {
            assert_eq!(source(fields), Some(PackageSource::Unsupported(expected)), "{fields}");
        }
    }
}

//! Commits in the download cache: the files of each, and which one a ref was last.

use std::path::Path;

use attune_schemas::Digest;

use super::reference::GitRef;
use super::url::GitUrl;
use crate::archive::unpack_foreign;
use crate::origin::error::OriginError;
use crate::origin::obtain::Obtaining;
use crate::origin::snapshot::write_snapshot;
use crate::origin::source::GitSource;

/// The folder of notes on commits and refs.
const NOTES: &str = "git";

fn key(source: &GitSource, what: &str) -> Digest {
    Digest::of(format!("{}\n{what}", source.url.text()).as_bytes())
}

fn key_of_ref(source: &GitSource) -> Digest {
    key(source, &format!("ref {}", source.reference.as_ref().map_or("", GitRef::as_str)))
}

impl Obtaining<'_> {
    /// Who we are to the server of `source`, and what the caller has sent along.
    pub(super) fn headers(&self, source: &GitSource) -> Vec<String> {
        self.headers_to(source, &source.url)
    }

    /// The same for the server of `url`, which is that of `source` or of one of its submodules: what the caller has
    /// sent along goes to the server of `source` alone.
    pub(super) fn headers_to(&self, source: &GitSource, url: &GitUrl) -> Vec<String> {
        let (Some(own), Some(server)) = (source.url.server(), url.server()) else { return Vec::new() };
        let is_own = own.origin() == server.origin();
        let server = if is_own { own } else { server };
        let downloads = &self.settings.downloads;
        let login = downloads.logins.login("", &server).and_then(|login| login.header());
        let login = login.and_then(|login| Some(format!("Authorization: {}", login.to_str().ok()?)));
        let headers = downloads.headers.iter().filter(|_| is_own).map(crate::fetch::SecretHeader::line);
        login.into_iter().chain(headers).collect()
    }

    /// The commit of `source`, if it is in the cache, and the network need not or may not be asked; its files
    /// are in place then.
    pub(super) fn cached_commit(&self, source: &GitSource) -> Result<Option<String>, OriginError> {
        let pinned = source.reference.as_ref().filter(|reference| reference.is_full_commit());
        let commit = match pinned {
            Some(commit) => Some(commit.as_str().to_ascii_lowercase()),
            None if self.settings.offline => self.cache()?.note::<String>(NOTES, &key_of_ref(source)),
            None => None,
        };
        match commit {
            Some(commit) if self.unpack_cached(source, &commit)? => Ok(Some(commit)),
            _ => Ok(None),
        }
    }

    /// Puts the files of `commit` in place, if the cache has them.
    pub(super) fn unpack_cached(&self, source: &GitSource, commit: &str) -> Result<bool, OriginError> {
        let cache = self.cache()?;
        let Some(digest) = cache.note::<Digest>(NOTES, &key(source, commit)) else { return Ok(false) };
        let Some(file) = cache.get(&digest, None)? else { return Ok(false) };
        let place = self.area().join("repository");
        if place.exists() {
            fs_err::remove_dir_all(&place)?;
        }
        fs_err::create_dir(&place)?;
        let unpacked = unpack_foreign(&file.path, &place, &self.settings.interrupt);
        self.check()?;
        if let Err(error) = unpacked {
            tracing::debug!(%error, "a commit of the cache cannot be used");
            fs_err::remove_dir_all(&place)?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Keeps the files of `commit`. A cache that cannot stops nothing.
    pub(super) fn keep(&self, source: &GitSource, commit: &str, directory: &Path) {
        let kept = || -> Result<(), OriginError> {
            let (cache, path) = (self.cache()?, self.area().join("snapshot"));
            let mut options = fs_err::OpenOptions::new();
            write_snapshot(directory, options.write(true).create_new(true).open(&path)?)?;
            let file = cache.keep(&path)?;
            cache.write_note_of(NOTES, &key(source, commit), &file.digest)?;
            Ok(())
        };
        if let Err(error) = kept() {
            tracing::debug!(%error, "a commit is not kept in the cache");
        }
        self.remember_ref(source, commit);
    }

    pub(super) fn remember_ref(&self, source: &GitSource, commit: &str) {
        let noted =
            self.cache().and_then(|cache| Ok(cache.write_note_of(NOTES, &key_of_ref(source), &commit)?));
        if let Err(error) = noted {
            tracing::debug!(%error, "a ref is not kept in the cache");
        }
    }
}

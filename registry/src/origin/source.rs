//! A word that names the source of a pack.
//!
//! ```text
//! DIRECTORY                          ARCHIVE[//SUB]     by path, or http://, https://, file:// URL
//! REPOSITORY[//SUB][@REF | #REF]     one of
//!     https://HOST/PATH.git   ssh://HOST/PATH   USER@HOST:PATH   file:///PATH.git   PATH.git
//!     git+https://...         github:ORG/REPO   gitlab:GROUP/REPO
//! ```
//!
//! What exists here as a directory is one, whatever it is called, except a bare repository. A URL whose path does not
//! end in `.git` is that of an archive.

use std::path::{Path, PathBuf};

use attune_schemas::{EntryPath, PackRequest};
use url::Url;

use super::error::OriginError;
use super::git::{GitRef, GitUrl, is_bare_repository};
use crate::archive::ForeignFormat;
use crate::checksum::Checksum;
use crate::report::without_secrets;

/// A source, and how it is shown.
#[derive(Debug, Clone)]
pub struct PackSource {
    /// The word that named it, without secrets.
    pub shown: String,
    /// What it is.
    pub form: SourceForm,
    /// The pack that it must give, if somebody said.
    pub expected: Option<PackRequest>,
    /// Of a source that an index named, the server of the index, beyond which no header of the caller goes.
    pub headers_of: Option<Option<Url>>,
}

/// The forms of sources.
#[derive(Debug, Clone)]
pub enum SourceForm {
    /// A directory of this machine.
    Directory(PathBuf),
    /// An archive.
    Archive(ArchiveSource),
    /// A git repository.
    Git(GitSource),
}

/// An archive.
#[derive(Debug, Clone)]
pub struct ArchiveSource {
    /// Where it is.
    pub place: Place,
    /// The directory of the pack in it, if it was named.
    pub directory: Option<EntryPath>,
    /// The checksum that it must have.
    pub checksum: Option<Checksum>,
}

/// Where an archive is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On this machine.
    Path(PathBuf),
    /// Behind an `http` or `https` URL, which may hold secrets.
    Url(Url),
}

/// A commit of a git repository.
#[derive(Debug, Clone)]
pub struct GitSource {
    /// The repository.
    pub url: GitUrl,
    /// The branch, tag or commit; without one it is the branch that the repository names.
    pub reference: Option<GitRef>,
    /// The directory of the pack in it, if it was named.
    pub directory: Option<EntryPath>,
}

/// The hosts that a word may name by a short prefix.
const FORGES: [(&str, &str); 2] = [("github:", "https://github.com/"), ("gitlab:", "https://gitlab.com/")];

impl PackSource {
    /// The source that `word` names; paths are relative to `base`.
    ///
    /// # Errors
    /// It names none.
    pub fn parse(word: &Path, base: &Path) -> Result<Self, OriginError> {
        let path = base.join(word);
        let Some(text) = word.to_str() else {
            let shown = word.display().to_string();
            return Ok(Self::new(shown, SourceForm::Directory(path)));
        };
        let shown = without_secrets(text).into_owned();
        let form = form_of(text, path, base, &shown)?;
        Ok(Self::new(shown, form))
    }

    const fn new(shown: String, form: SourceForm) -> Self {
        Self { shown, form, expected: None, headers_of: None }
    }

    /// Whether the caller's headers are for its server.
    #[cfg(feature = "http")]
    pub(super) fn may_have_headers(&self) -> bool {
        match (&self.headers_of, self.server()) {
            (None, _) => true,
            (Some(Some(index)), Some(own)) => index.origin() == own.origin(),
            (Some(_), _) => false,
        }
    }

    /// The same at `reference`.
    ///
    /// # Errors
    /// It is no repository, or names a ref itself.
    pub fn with_ref(mut self, reference: GitRef) -> Result<Self, OriginError> {
        let refuse = |source_name, reason| OriginError::Misplaced { source_name, what: "ref", reason };
        match &mut self.form {
            SourceForm::Git(git) if git.reference.is_none() => git.reference = Some(reference),
            SourceForm::Git(_) => return Err(refuse(self.shown, "it names one itself")),
            _ => return Err(refuse(self.shown, "it is no git repository")),
        }
        Ok(self)
    }

    /// The same with the checksum that it must have.
    ///
    /// # Errors
    /// It is no archive.
    pub fn with_checksum(mut self, checksum: Checksum) -> Result<Self, OriginError> {
        let SourceForm::Archive(archive) = &mut self.form else {
            let reason = "it is no archive; a full commit as its ref pins a git repository";
            return Err(OriginError::Misplaced { source_name: self.shown, what: "checksum", reason });
        };
        archive.checksum = Some(checksum);
        Ok(self)
    }

    /// The URL of its server, if it has one: to whom headers and logins may be sent.
    pub fn server(&self) -> Option<Url> {
        match &self.form {
            SourceForm::Archive(ArchiveSource { place: Place::Url(url), .. }) => Some(url.clone()),
            SourceForm::Git(git) => git.url.server(),
            _ => None,
        }
    }
}

fn form_of(text: &str, path: PathBuf, base: &Path, shown: &str) -> Result<SourceForm, OriginError> {
    for (prefix, forge) in FORGES {
        if let Some(rest) = text.strip_prefix(prefix) {
            return forge_repository(rest, forge, shown);
        }
    }
    if let Some(rest) = text.strip_prefix("git+") {
        return repository(split_any(rest), base, shown);
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return match (scheme.to_ascii_lowercase().as_str(), split_git(text)) {
            ("ssh", None) => repository(split_any(text), base, shown),
            ("http" | "https" | "ssh" | "file", Some(parts)) => repository(parts, base, shown),
            ("http" | "https" | "file", None) => archive_at_url(text, shown),
            _ => Err(form(shown, "only https, http, ssh and file URLs can be")),
        };
    }
    if path.is_dir() && !is_bare_repository(&path) {
        return Ok(SourceForm::Directory(path));
    }
    if let Some(parts) = split_git(text).filter(|parts| is_bare_repository(&base.join(parts.url))) {
        return repository(parts, base, shown);
    }
    if path.is_file() {
        let is_archive = ForeignFormat::is_named(text)
            || ForeignFormat::of_file(&path).is_ok_and(|format| format.is_some());
        // What is said of a file that is no pack is said where packs are opened.
        return Ok(if is_archive { archive(Place::Path(path), None) } else { SourceForm::Directory(path) });
    }
    if let Some((file, directory)) = text.split_once("//").filter(|(file, _)| base.join(file).is_file()) {
        return Ok(archive(Place::Path(base.join(file)), Some(directory_in(directory, shown)?)));
    }
    if is_scp_like(text) {
        return repository(split_any(text), base, shown);
    }
    if ForeignFormat::is_named(text) {
        return Err(OriginError::Missing { path });
    }
    if text.contains('/') || text.starts_with('.') || path.exists() {
        return Ok(SourceForm::Directory(path));
    }
    Err(OriginError::Word { word: shown.to_owned() })
}

fn form(word: &str, reason: &'static str) -> OriginError {
    OriginError::Form { word: word.to_owned(), reason }
}

const fn archive(place: Place, directory: Option<EntryPath>) -> SourceForm {
    SourceForm::Archive(ArchiveSource { place, directory, checksum: None })
}

/// A word of a repository in its parts.
#[derive(Clone, Copy)]
struct Parts<'a> {
    url: &'a str,
    directory: Option<&'a str>,
    reference: Option<&'a str>,
}

/// The parts of `URL.git[//SUB][@REF | #REF]`; `None` where nothing ends in `.git`.
fn split_git(text: &str) -> Option<Parts<'_>> {
    let ends = text.match_indices(".git").map(|(at, dot_git)| at + dot_git.len());
    let mut ends = ends.filter(|end| {
        let rest = &text[*end..];
        rest.is_empty() || rest == "/" || ["@", "#", "//"].iter().any(|next| rest.starts_with(next))
    });
    let end = ends.next()?;
    let (url, rest) = text.split_at(end);
    let (rest, reference) = split_ref(rest);
    Some(Parts { url, directory: rest.strip_prefix("//"), reference })
}

/// The parts of `URL[//SUB][@REF | #REF]`, where the URL may end in anything.
fn split_any(text: &str) -> Parts<'_> {
    if let Some(parts) = split_git(text) {
        return parts;
    }
    // Behind the host, whose user may have an `@` after it.
    let authority = text.find("://").map_or(0, |at| at + "://".len());
    let path = text[authority..].find(['/', ':']).map_or(text.len(), |at| authority + at);
    let (rest, reference) = split_ref(&text[path..]);
    let (own, directory) = match rest[1.min(rest.len())..].split_once("//") {
        Some((own, directory)) => (1 + own.len(), Some(directory)),
        None => (rest.len(), None),
    };
    Parts { url: &text[..path + own], directory, reference }
}

fn split_ref(text: &str) -> (&str, Option<&str>) {
    match text.split_once('#').or_else(|| text.rsplit_once('@')) {
        Some((before, reference)) => (before, Some(reference)),
        None => (text, None),
    }
}

fn repository(parts: Parts<'_>, base: &Path, shown: &str) -> Result<SourceForm, OriginError> {
    let url = GitUrl::parse(parts.url, base).map_err(|reason| form(shown, reason))?;
    let reference = parts.reference.map(str::parse).transpose()?;
    let directory = parts.directory.map(|directory| directory_in(directory, shown)).transpose()?;
    Ok(SourceForm::Git(GitSource { url, reference, directory }))
}

fn forge_repository(rest: &str, forge: &str, shown: &str) -> Result<SourceForm, OriginError> {
    let (place, reference) = split_ref(rest);
    let (name, directory) = match place.split_once("//") {
        Some((name, directory)) => (name, Some(directory)),
        None => (place, None),
    };
    let is_part = |part: &str| {
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !part.is_empty() && !matches!(part, "." | "..") && part.chars().all(letter)
    };
    if !name.contains('/') || !name.split('/').all(is_part) {
        return Err(form(shown, "write it as github:ORG/REPO@TAG or gitlab:GROUP/REPO@TAG"));
    }
    let url = format!("{forge}{}.git", name.strip_suffix(".git").unwrap_or(name));
    repository(Parts { url: &url, directory, reference }, Path::new("/"), shown)
}

fn archive_at_url(text: &str, shown: &str) -> Result<SourceForm, OriginError> {
    let scheme = text.find("://").map_or(0, |at| at + "://".len());
    let path = &text[scheme..text.find(['?', '#']).unwrap_or(text.len())];
    // `//` behind the name of an archive; elsewhere it is part of the URL.
    let inner = path.match_indices("//").map(|(at, _)| at).find(|at| ForeignFormat::is_named(&path[..*at]));
    let (url, directory) = match inner {
        Some(at) => {
            let rest = &text[scheme + path.len()..];
            let directory = directory_in(&path[at + "//".len()..], shown)?;
            (format!("{}{rest}", &text[..scheme + at]), Some(directory))
        }
        None => (text.to_owned(), None),
    };
    let mut url: Url = url.parse().map_err(|_| form(shown, "it is no URL"))?;
    url.set_fragment(None);
    let place = match url.scheme() {
        "file" => {
            Place::Path(url.to_file_path().map_err(|()| form(shown, "its path is not of this machine"))?)
        }
        _ => Place::Url(url),
    };
    match &place {
        Place::Path(path) if path.is_dir() && directory.is_none() => Ok(SourceForm::Directory(path.clone())),
        Place::Path(path) if !path.exists() => Err(OriginError::Missing { path: path.clone() }),
        _ => Ok(archive(place, directory)),
    }
}

fn directory_in(text: &str, shown: &str) -> Result<EntryPath, OriginError> {
    let parsed = text.trim_end_matches('/').parse();
    parsed.map_err(|_| form(shown, "the directory after `//` is no relative path"))
}

/// Whether `text` is `USER@HOST:PATH`.
fn is_scp_like(text: &str) -> bool {
    let word = |text: &str| {
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(letter)
    };
    let parts = text.split_once('@').and_then(|(user, rest)| Some((user, rest.split_once(':')?)));
    parts.is_some_and(|(user, (host, path))| word(user) && word(host) && !path.is_empty())
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;

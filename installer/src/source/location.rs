//! Where packs come from, as it is named on a command line: a bundle, a registry directory, or a registry behind HTTP.

use std::ffi::{OsStr, OsString};
use std::fs::FileType;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use attune_host::process::Interrupt;
use attune_registry::report::without_secrets;
use attune_registry::source::{DirectorySource, Source, SourceError};

use super::input;

/// Where packs come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceLocation {
    /// A bundle: a file, a pipe or a device.
    Bundle(PathBuf),
    /// A bundle on standard input.
    StandardInput,
    /// A registry directory, or an unpacked bundle.
    Directory(PathBuf),
    /// A registry at a URL.
    Url(String),
}

/// Why a name is that of no bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceNameError {
    /// Nothing is there.
    #[error("bundle `{}` does not exist", .0.display())]
    Absent(PathBuf),
    /// It cannot be told.
    #[error("bundle `{}` cannot be examined", .0.display())]
    Unknown(PathBuf, #[source] io::Error),
    /// A directory of something else.
    #[error("`{}` is a directory without `metadata`: neither a registry nor an unpacked bundle", .0.display())]
    Directory(PathBuf),
    /// A socket.
    #[error("`{}` is a socket, not a bundle", .0.display())]
    Socket(PathBuf),
    /// A URL, with no word of whether it is that of a registry.
    #[error("`{0}` is a URL; bundles are read from files and pipes only")]
    Url(String),
}

impl SourceLocation {
    /// The registry that `text` names: a URL, a `file://` URL or a directory.
    pub fn of_registry(text: &OsStr) -> Self {
        if let Some(path) = path_of_file_url(text) {
            return Self::Directory(path);
        }
        match text.to_str() {
            Some(url) if url.contains("://") => Self::Url(url.to_owned()),
            _ => Self::Directory(PathBuf::from(text)),
        }
    }

    /// Whether `text` is the name of a source whatever else there is: a path with a `/`, a file name with an ending of
    /// archives, a URL, or `-`.
    pub fn is_name_of_source(text: &OsStr) -> bool {
        const ENDINGS: [&str; 10] =
            [".zst", ".tzst", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".zip", ".oci"];
        let lower = text.to_string_lossy().to_ascii_lowercase();
        let has_scheme = lower.split_once(':').is_some_and(|(scheme, _)| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme
                    .chars()
                    .all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character))
        });
        text == "-"
            || text.as_bytes().contains(&b'/')
            || ENDINGS.iter().any(|ending| lower.ends_with(ending))
            || has_scheme
            || lower.starts_with("git@")
    }

    /// The bundle or directory that `text` names; `None` where it is the name of a pack.
    pub fn of_bundle(text: &OsStr) -> Result<Option<Self>, SourceNameError> {
        if text == "-" {
            return Ok(Some(Self::StandardInput));
        }
        if !Self::is_name_of_source(text) {
            return Ok(None);
        }
        let of_url = path_of_file_url(text);
        if of_url.is_none()
            && let Some(url) = text.to_str().filter(|text| text.contains("://"))
        {
            return Err(SourceNameError::Url(without_secrets(url).into_owned()));
        }
        let path = of_url.unwrap_or_else(|| PathBuf::from(text));
        match fs_err::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => of_directory(path),
            Ok(metadata) => of_file(path, metadata.file_type()).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SourceNameError::Absent(path)),
            Err(error) => Err(SourceNameError::Unknown(path, error)),
        }
    }

    /// The bundle or registry that `text` names, where no pack can be meant.
    pub fn of_either(text: &OsStr) -> Result<Self, SourceNameError> {
        match Self::of_bundle(text) {
            Ok(Some(bundle)) => Ok(bundle),
            Ok(None) if Path::new(text).is_file() => Ok(Self::Bundle(PathBuf::from(text))),
            Ok(None) | Err(SourceNameError::Url(_)) => Ok(Self::of_registry(text)),
            Err(error) => Err(error),
        }
    }

    /// Opens it; a wait for a pipe ends where `interrupt` is raised.
    pub fn open(&self, interrupt: &Interrupt) -> Result<Box<dyn Source>, SourceError> {
        match self {
            Self::Bundle(path) => Ok(Box::new(input::file_or_pipe(path, interrupt)?)),
            Self::StandardInput => Ok(Box::new(input::standard_input(interrupt)?)),
            Self::Directory(path) => open_directory(path),
            Self::Url(url) => open_url(url),
        }
    }
}

fn of_directory(path: PathBuf) -> Result<Option<SourceLocation>, SourceNameError> {
    if path.join("metadata").is_dir() {
        return Ok(Some(SourceLocation::Directory(path)));
    }
    Err(SourceNameError::Directory(path))
}

fn of_file(path: PathBuf, kind: FileType) -> Result<SourceLocation, SourceNameError> {
    const STANDARD_INPUT: [&str; 3] = ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];
    if !kind.is_socket() {
        return Ok(SourceLocation::Bundle(path));
    }
    // A socket is read where it is open already, and cannot be opened.
    if STANDARD_INPUT.iter().any(|name| path == Path::new(name)) {
        return Ok(SourceLocation::StandardInput);
    }
    Err(SourceNameError::Socket(path))
}

/// The path in a `file:` URL, decoded.
fn path_of_file_url(text: &OsStr) -> Option<PathBuf> {
    const SCHEME: &[u8] = b"file://";
    const LOCAL: &[u8] = b"localhost/";
    let text = text.as_bytes();
    let rest = text.get(..SCHEME.len()).filter(|start| start.eq_ignore_ascii_case(SCHEME));
    let rest = rest.map(|_| &text[SCHEME.len()..])?;
    let is_local = rest.get(..LOCAL.len()).is_some_and(|host| host.eq_ignore_ascii_case(LOCAL));
    let mut rest = if is_local { &rest[LOCAL.len() - 1..] } else { rest };
    let mut path = Vec::with_capacity(rest.len());
    while let Some((&first, tail)) = rest.split_first() {
        let decoded = (first == b'%').then(|| hex_byte(tail.get(..2)?)).flatten();
        rest = if decoded.is_some() { &tail[2..] } else { tail };
        path.push(decoded.unwrap_or(first));
    }
    Some(PathBuf::from(OsString::from_vec(path)))
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let digit = |index: usize| char::from(digits[index]).to_digit(16);
    u8::try_from(digit(0)? << 4 | digit(1)?).ok()
}

fn open_directory(path: &Path) -> Result<Box<dyn Source>, SourceError> {
    if path.join("metadata").is_dir() {
        return Ok(Box::new(DirectorySource::new(path)));
    }
    let reason = match fs_err::metadata(path) {
        Ok(metadata) if metadata.is_dir() => "there is no directory `metadata` in it",
        Ok(_) => "it is a file; a bundle is named first, and without --registry",
        Err(error) if error.kind() == io::ErrorKind::NotFound => "it does not exist",
        Err(error) => return Err(SourceError::Open(error)),
    };
    Err(SourceError::Url { url: path.display().to_string(), reason: reason.to_owned() })
}

#[cfg(feature = "http")]
fn open_url(url: &str) -> Result<Box<dyn Source>, SourceError> {
    Ok(Box::new(attune_registry::source::HttpSource::new(url)?))
}

#[cfg(not(feature = "http"))]
fn open_url(url: &str) -> Result<Box<dyn Source>, SourceError> {
    let reason = "this build has no HTTP client; use a bundle or a directory".to_owned();
    Err(SourceError::Url { url: url.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_from_packs_and_commands_by_their_names() {
        for text in [
            "./x",
            "a/b",
            "b.tar.zst",
            "B.TZST",
            "x.tar.gz",
            "-",
            "https://h/x",
            "git:x",
            "oci:h/x",
            "git@h:x",
        ] {
            assert!(SourceLocation::is_name_of_source(OsStr::new(text)), "{text}");
        }
        for text in ["weather", "net_tools@^1.2", "list", "x.json", "weather@1.0", "", ":x"] {
            assert!(!SourceLocation::is_name_of_source(OsStr::new(text)), "{text}");
        }
    }

    #[test]
    fn file_urls_are_paths() {
        let path = |url: &str| path_of_file_url(OsStr::new(url));
        assert_eq!(path("file:///srv/packs"), Some("/srv/packs".into()));
        assert_eq!(path("FILE://localhost/a%20b%2fc"), Some("/a b/c".into()));
        assert_eq!(path("file://relative/100%"), Some("relative/100%".into()));
        assert_eq!(path("/srv/file://x"), None);
        assert_eq!(path("http://host/"), None);
        assert_eq!(
            SourceLocation::of_registry(OsStr::new("HTTP://host")),
            SourceLocation::Url("HTTP://host".into())
        );
    }
}

//! A path inside an archive or a pack, safe to join to a directory.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A relative, `/`-separated path with no empty, `.` or `..` part.
///
/// This is the only type from which a file name read from an archive may become a path on disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub struct EntryPath(String);

/// Why a text is not an [`EntryPath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path `{}` is refused: {reason}", text.escape_debug())]
pub struct EntryPathError {
    text: String,
    reason: &'static str,
}

/// The longest path, in bytes; `PATH_MAX` less room for the directory it is joined to.
const MAX_LEN: usize = 3072;
/// The longest part, in bytes; `NAME_MAX` of every common file system.
const MAX_PART_LEN: usize = 255;
/// The most parts; deeper trees only serve to exhaust a walker's stack.
const MAX_DEPTH: usize = 64;

fn reason_to_refuse(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.len() > MAX_LEN {
        return Some("it is too long");
    }
    if text.starts_with('/') {
        return Some("it is absolute");
    }
    // A backslash separates and a colon names a drive or stream where packs are edited on Windows.
    if text.contains('\\') {
        return Some("it contains a backslash");
    }
    if text.chars().any(char::is_control) {
        return Some("it contains a control character");
    }
    let parts = text.split('/');
    if parts.clone().count() > MAX_DEPTH {
        return Some("it is too deep");
    }
    for part in parts {
        match part {
            "" => return Some("it has an empty part"),
            "." => return Some("it has a `.` part"),
            ".." => return Some("it climbs out with `..`"),
            part if part.len() > MAX_PART_LEN => return Some("a part of it is too long"),
            _ => {}
        }
    }
    None
}

impl EntryPath {
    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path below `directory`.
    pub fn below(&self, directory: &Path) -> PathBuf {
        directory.join(&self.0)
    }

    /// The path of the directory it is in, or `None` at the top.
    pub fn parent(&self) -> Option<EntryPath> {
        self.0.rsplit_once('/').map(|(parent, _)| EntryPath(parent.to_owned()))
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.0.as_str(), |(_, name)| name)
    }

    /// A form in which two paths are equal that a case-insensitive file system would confuse.
    pub fn case_folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for EntryPath {
    type Err = EntryPathError;

    fn from_str(text: &str) -> Result<Self, EntryPathError> {
        match reason_to_refuse(text) {
            Some(reason) => Err(EntryPathError { text: text.to_owned(), reason }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl TryFrom<String> for EntryPath {
    type Error = EntryPathError;

    fn try_from(text: String) -> Result<Self, EntryPathError> {
        text.parse()
    }
}

impl From<EntryPath> for String {
    fn from(path: EntryPath) -> Self {
        path.0
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_paths_are_refused() {
        let deep = vec!["a"; 65].join("/");
        let long = "a".repeat(256);
        for text in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "a/../b",
            "a/..",
            "./a",
            "a/.",
            "a//b",
            "a/",
            "a\\b",
            "C:\\x",
            "a\0b",
            "a\nb",
            deep.as_str(),
            long.as_str(),
        ] {
            assert!(text.parse::<EntryPath>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn plain_paths_are_accepted() {
        for text in ["a", "a/b.py", ".gitignore", "..a/b..", "a b/ü", "a:b"] {
            assert_eq!(text.parse::<EntryPath>().unwrap().as_str(), text);
        }
    }

    proptest! {
        #[test]
        fn an_accepted_path_never_leaves_its_directory(text in "\\PC{0,40}|[./a]{0,12}") {
            if let Ok(path) = text.parse::<EntryPath>() {
                let joined = path.below(Path::new("/base"));
                prop_assert!(joined.starts_with("/base"));
                prop_assert!(joined.components().all(|c| !matches!(c, std::path::Component::ParentDir)));
            }
        }
    }
}

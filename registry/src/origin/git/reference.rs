//! The name of a branch, tag or commit.

use std::fmt;
use std::str::FromStr;

/// A branch, tag or commit, as somebody named it: never an option, nor anything else than a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitRef(String);

/// Why a text is not a [`GitRef`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a branch, tag or commit: {reason}", text.escape_debug())]
pub struct GitRefError {
    text: String,
    reason: &'static str,
}

/// The longest name, in bytes.
const MAX_LEN: usize = 1024;
/// The fewest digits that name a commit.
const MIN_HEX: usize = 4;

impl GitRef {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it may be a commit, or the beginning of one.
    pub fn is_hex(&self) -> bool {
        (MIN_HEX..=64).contains(&self.0.len()) && self.0.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// Whether it is a commit in full, by sha1 or sha256.
    pub fn is_full_commit(&self) -> bool {
        self.is_hex() && matches!(self.0.len(), 40 | 64)
    }
}

/// Why git takes `text` for no name (`git check-ref-format`).
fn fault(text: &str) -> Option<&'static str> {
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.starts_with('-') {
        return Some("it begins with `-`");
    }
    if text.len() > MAX_LEN {
        return Some("it is too long");
    }
    if text.contains(forbidden) || text.contains("..") || text.contains("@{") || text == "@" {
        return Some("it has characters that no name has");
    }
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    (!text.split('/').all(is_part) || text.ends_with('.')).then_some("a part of it is no name")
}

impl FromStr for GitRef {
    type Err = GitRefError;

    fn from_str(text: &str) -> Result<Self, GitRefError> {
        match fault(text) {
            Some(reason) => Err(GitRefError { text: text.to_owned(), reason }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for GitRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_and_everything_else_is_refused() {
        for text in ["v1.0", "feature/x", "refs/tags/v1", "0123456", "HEAD", "a@b", "release-1"] {
            text.parse::<GitRef>().unwrap();
        }
        for text in [
            "",
            "-x",
            "--upload-pack=x",
            "a..b",
            "a b",
            "a~1",
            "HEAD^",
            "a:b",
            "@{u}",
            "@",
            "a//b",
            "/a",
            "a/.b",
            "x.lock",
            "a\n",
        ] {
            text.parse::<GitRef>().unwrap_err();
        }
    }

    #[test]
    fn commits_are_known_by_their_digits() {
        let is = |text: &str| {
            let reference: GitRef = text.parse().unwrap();
            (reference.is_hex(), reference.is_full_commit())
        };
        assert_eq!(is("abc"), (false, false));
        assert_eq!(is("abcd"), (true, false));
        assert_eq!(is("v1"), (false, false));
        assert_eq!(is(&"a".repeat(40)), (true, true));
        assert_eq!(is(&"a".repeat(65)), (false, false));
    }
}

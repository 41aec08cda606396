//! The name of a pack, as Attune's database constrains it.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A pack's ref: `^[a-z][a-z0-9_-]+$`, at most 255 characters.
///
/// At least two characters and no dots, because the text before the first dot of an action's ref is
/// read as its pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^[a-z][a-z0-9_-]+$"))]
pub struct PackRef(String);

/// Why a text is not a [`PackRef`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a pack ref: {reason}")]
pub struct PackRefError {
    text: String,
    reason: &'static str,
}

/// The longest ref that Attune's API accepts, in bytes.
const MAX_LEN: usize = 255;

impl PackRef {
    /// The ref as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn reason_to_refuse(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    if bytes.len() < 2 {
        Some("it needs at least two characters")
    } else if bytes.len() > MAX_LEN {
        Some("it is longer than 255 characters")
    } else if bytes.contains(&b'.') {
        Some("dots are not allowed, since an action's pack is the text before its first dot")
    } else if !bytes[0].is_ascii_lowercase() {
        Some("it must start with a lowercase letter")
    } else if !bytes.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')) {
        Some("only lowercase letters, digits, `_` and `-` are allowed")
    } else {
        None
    }
}

impl FromStr for PackRef {
    type Err = PackRefError;

    fn from_str(text: &str) -> Result<Self, PackRefError> {
        match reason_to_refuse(text) {
            Some(reason) => Err(PackRefError { text: text.to_owned(), reason }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl TryFrom<String> for PackRef {
    type Error = PackRefError;

    fn try_from(text: String) -> Result<Self, PackRefError> {
        text.parse()
    }
}

impl From<PackRef> for String {
    fn from(pack: PackRef) -> Self {
        pack.0
    }
}

impl fmt::Display for PackRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for PackRef {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_refs_are_accepted() {
        for text in ["core", "net_tools", "aws-inventory", "p2", "a_"] {
            assert_eq!(text.parse::<PackRef>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn hostile_refs_are_refused() {
        for text in ["", "a", "A1", "1a", "aws.ec2", "../etc", "a/b", "a b", "_a", "ab\n", "naïve"] {
            assert!(text.parse::<PackRef>().is_err(), "{text:?}");
        }
        assert!("a".repeat(256).parse::<PackRef>().is_err());
    }
}

//! Where the files of a release came from, as it is published: without logins, queries, and paths of the machine that
//! published it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::entry_path::EntryPath;

/// The source of a release's files. A directory is none: its path says nothing elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// The kind of the source.
    pub kind: OriginKind,
    /// Its URL without login, query and fragment; absent where it was a file or repository of the publishing machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The branch, tag or commit that was asked for.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The commit, in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The digest of the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// The directory in it that was named; absent where it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<EntryPath>,
}

/// The kinds of sources that are worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OriginKind {
    /// A git repository.
    Git,
    /// An archive.
    Archive,
}

impl fmt::Display for Origin {
    /// For people, such as `https://h/x.git at v1 (commit 0123456789ab)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.url, self.kind) {
            (Some(url), _) => f.write_str(url)?,
            (None, OriginKind::Git) => f.write_str("a git repository")?,
            (None, OriginKind::Archive) => f.write_str("an archive")?,
        }
        if let Some(directory) = &self.directory {
            write!(f, "//{directory}")?;
        }
        if let Some(reference) = &self.reference {
            write!(f, " at {reference}")?;
        }
        if let Some(commit) = &self.commit {
            write!(f, " (commit {})", commit.get(..12).unwrap_or(commit))?;
        }
        if let Some(sha256) = &self.sha256 {
            write!(f, " ({sha256})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_told_in_one_line_and_round_trips() {
        let git = Origin {
            kind: OriginKind::Git,
            url: Some("https://h.invalid/x.git".to_owned()),
            reference: Some("v1".to_owned()),
            commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            sha256: None,
            directory: Some("packs/x".parse().unwrap()),
        };
        assert_eq!(git.to_string(), "https://h.invalid/x.git//packs/x at v1 (commit 0123456789ab)");
        let text = serde_json::to_string(&git).unwrap();
        assert!(text.contains(r#""kind":"git""#) && text.contains(r#""ref":"v1""#), "{text}");
        assert_eq!(serde_json::from_str::<Origin>(&text).unwrap(), git);
        let archive: Origin = serde_json::from_str(r#"{"kind":"archive"}"#).unwrap();
        assert_eq!(archive.to_string(), "an archive");
    }
}

//! The file of the tokens (`attune.tokens/v1`).

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const FORMAT: &str = "attune.tokens/v1";
/// The most bytes that are read: some ten thousand tokens.
const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// The permission bits by which others than its owner could write a file.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Reading alone.
    Read,
    /// Reading and changing.
    Write,
}

impl Scope {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// A token, as the file keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenEntry {
    /// The part of the token that is no secret.
    pub id: String,
    /// The name that it was given.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// The hash of its secret.
    pub sha256: Digest,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; never, if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked_at: Option<Timestamp>,
}

/// Whether a token is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenState {
    /// It is.
    Active,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

impl TokenEntry {
    /// Whether it is accepted at `now`.
    pub fn state(&self, now: Timestamp) -> TokenState {
        if self.revoked_at.is_some() {
            TokenState::Revoked
        } else if self.expires_at.is_some_and(|expires| expires <= now) {
            TokenState::Expired
        } else {
            TokenState::Active
        }
    }
}

/// The tokens of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFile {
    /// `attune.tokens/v1`
    format: String,
    /// The tokens, in the order in which they were made.
    pub tokens: Vec<TokenEntry>,
}

impl Default for TokenFile {
    fn default() -> Self {
        Self { format: FORMAT.to_owned(), tokens: Vec::new() }
    }
}

/// Why tokens cannot be used or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// There is no such file.
    #[error("there is no file of tokens `{}`", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is no file of tokens.
    #[error("the file of tokens `{}` is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// It is of a later program.
    #[error("the file of tokens `{}` has the format `{format}`, and this program knows `{FORMAT}`", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: String,
    },
    /// Others could add tokens of their own.
    #[error("the file of tokens `{}` may be written by others than its owner", path.display())]
    WritableByOthers {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("the file of tokens `{}` cannot be {verb}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        verb: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// An active token has that name.
    #[error("there is a token `{name}` already")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// No token has that name or id.
    #[error("there is no token `{name}`")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The system has no randomness.
    #[error("the system gives no random bytes")]
    Random(#[source] getrandom::Error),
}

impl TokenFile {
    /// The tokens of the file at `path`.
    ///
    /// # Errors
    /// There is none, it is not one of tokens, or others than its owner may write it.
    pub fn read(path: &Path) -> Result<Self, TokenError> {
        use io::Read as _;
        let io = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => TokenError::Missing { path: path.to_owned() },
            _ => TokenError::Io { path: path.to_owned(), verb: "read", source },
        };
        let file = fs_err::File::open(path).map_err(io)?;
        let found = file.metadata().map_err(io)?;
        if found.permissions().mode() & WRITABLE_BY_OTHERS != 0 {
            return Err(TokenError::WritableByOthers { path: path.to_owned() });
        }
        let mut text = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut text).map_err(io)?;
        let damaged = |source| TokenError::Damaged { path: path.to_owned(), source };
        let format: Format = serde_json::from_slice(&text).map_err(damaged)?;
        if format.format != FORMAT {
            return Err(TokenError::Newer { path: path.to_owned(), format: format.format });
        }
        serde_json::from_slice(&text).map_err(damaged)
    }
}

#[derive(Deserialize)]
struct Format {
    format: String,
}

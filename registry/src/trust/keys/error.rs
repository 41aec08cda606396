//! Why a key cannot be made, read or used. Nothing here ever quotes a key.

use std::path::PathBuf;

use attune_schemas::problem::ErrorCode;

/// Why a key cannot be made, read or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The system gave no randomness.
    #[error("the system gave no random bytes for a new key: {0}")]
    Random(String),
    /// The file cannot be read or written.
    #[error("cannot access a key file")]
    Io(#[from] std::io::Error),
    /// Others than the owner may read the file.
    #[error("key file `{path}` can be read by others (mode {mode:04o})")]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file system gave a new key file other permissions than it was asked for.
    #[error("the file system of `{path}` cannot keep a key private: a new file there has mode {mode:04o}")]
    NotRestricted {
        /// The file, which was removed again.
        path: PathBuf,
        /// The permission bits that it had.
        mode: u32,
    },
    /// The file or text is not a key of this format.
    #[error("`{name}` is not a key: {reason}")]
    Malformed {
        /// The file, or where the text came from.
        name: String,
        /// The cause; never quotes the content.
        reason: &'static str,
    },
    /// The private half is missing.
    #[error("`{name}` holds only the public half of a key")]
    PublicOnly {
        /// The file.
        name: String,
    },
    /// The passphrase does not open the key.
    #[error("the passphrase does not open key `{name}`")]
    Passphrase {
        /// The file.
        name: String,
    },
    /// No passphrase is available, or none is acceptable.
    #[error("there is there is no passphrase for key `{name}`: {reason}")]
    NoPassphrase {
        /// The file.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The key could not be encrypted.
    #[error("the key could not be encrypted: {0}")]
    Encryption(&'static str),
    /// The variable or program that holds the key failed, or did not return a signature.
    #[error("{name} did not sign: {reason}")]
    Source {
        /// The variable or program.
        name: String,
        /// The cause.
        reason: String,
    },
}

impl KeyError {
    /// The code of the failure.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Random(_) | Self::Encryption(_) => ErrorCode::KeyNotMade,
            Self::Io(_) => ErrorCode::KeyAccess,
            Self::Permissions { .. } => ErrorCode::KeyReadableByOthers,
            Self::NotRestricted { .. } => ErrorCode::KeyNotPrivate,
            Self::Malformed { .. } => ErrorCode::NotAKey,
            Self::PublicOnly { .. } => ErrorCode::PublicKeyOnly,
            Self::Passphrase { .. } => ErrorCode::WrongPassphrase,
            Self::NoPassphrase { .. } => ErrorCode::NoPassphrase,
            Self::Source { .. } => ErrorCode::SignerFailed,
        }
    }
}

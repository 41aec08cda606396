//! Why a key cannot be made, read or used. Nothing here ever quotes a key.

use std::path::PathBuf;

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
    #[error("key file `{path}` may be read by others (mode {mode:04o}); `chmod 600` it")]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file or text is not a key of this format.
    #[error("`{name}` is not a key: {reason}")]
    Malformed {
        /// The file, or where the text came from.
        name: String,
        /// Why; says nothing of the content.
        reason: &'static str,
    },
    /// The private half is not there.
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
    /// There is no passphrase to be had, or none that will do.
    #[error("no passphrase for key `{name}`: {reason}")]
    NoPassphrase {
        /// The file.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The key could not be encrypted.
    #[error("the key could not be encrypted: {0}")]
    Encryption(&'static str),
    /// What holds the key failed, or gave something else than a signature.
    #[error("{name} did not sign: {reason}")]
    Source {
        /// The variable or program.
        name: String,
        /// What happened.
        reason: String,
    },
}

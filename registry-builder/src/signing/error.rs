//! Why keys or the root could not be changed.

use std::io;
use std::path::PathBuf;

use attune_registry::trust::{KeyError, MetadataError, PublishError, TrustError};

use crate::registry::RegistryError;

/// Why keys or the root could not be changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// Nothing was prepared.
    #[error("there is no draft of a next root at `{}`", path.display())]
    NoDraft {
        /// Where it would be.
        path: PathBuf,
    },
    /// A draft that needs more signatures.
    #[error("the next root needs more signatures: {missing}")]
    NotEnoughSignatures {
        /// The draft.
        draft: PathBuf,
        /// The number of signatures, and of whom.
        missing: String,
    },
    /// A file where a key should be written.
    #[error("`{}` exists", path.display())]
    KeyExists {
        /// The file.
        path: PathBuf,
    },
    /// Nothing to sign with.
    #[error("there is no key to sign with")]
    NoSigningKey,
    /// The registry could not be read or published to.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A change that no root can have, or that cannot be signed.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A key could not be read or written.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A root or draft could not be read.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A disk failed.
    #[error("could not read or write a file")]
    Io(#[from] io::Error),
}

impl From<MetadataError> for SigningError {
    fn from(error: MetadataError) -> Self {
        Self::Trust(error.into())
    }
}

impl SigningError {
    /// Whether nothing was written: the change was refused, or could not be signed.
    pub(super) const fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Trust(_)
                | Self::KeyExists { .. }
                | Self::Publish(_)
                | Self::Key(_)
                | Self::Registry(
                    RegistryError::Trust(_) | RegistryError::Publish(_) | RegistryError::ClockJump { .. }
                )
        )
    }
}

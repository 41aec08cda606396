//! Why a registry or bundle could not be looked into.

use std::path::{Path, PathBuf};

use attune_schemas::PackRef;

use crate::reader::ReaderError;
use crate::source::SourceError;
use crate::trust::{MetadataError, TrustError};

/// Why a registry or bundle could not be looked into.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    /// It has no such pack.
    #[error("there is no pack `{pack}`")]
    NoPack {
        /// The pack.
        pack: PackRef,
    },
    /// It is no registry.
    #[error("`{}` is not a registry: it {}", path.display(), lack(path))]
    NotARegistry {
        /// The path.
        path: PathBuf,
    },
    /// It is not what its metadata says.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// Its files could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Its metadata could not be verified.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

impl From<MetadataError> for ContentsError {
    fn from(error: MetadataError) -> Self {
        Self::Trust(error.into())
    }
}

fn lack(path: &Path) -> &'static str {
    if path.exists() { "has no metadata/1.root.json" } else { "does not exist" }
}

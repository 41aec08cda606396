//! The record of a release whose originals are kept: its files, so that they can be verified and collected.

use std::io;
use std::path::Path;

use attune_registry::layout::RegistryPath;
use attune_schemas::{Digest, PackRef, Version};
use serde::{Deserialize, Serialize};

use crate::root::read_regular;

/// The format of a record.
pub const ORIGINAL_FORMAT: &str = "attune.original/v1";

/// A release whose originals are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginalRecord {
    /// [`ORIGINAL_FORMAT`].
    pub format: String,
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// The digest of its manifest.
    pub manifest: Digest,
    /// The version of the timestamp under which it was kept.
    pub head: u64,
    /// Its files, the timestamp among them.
    pub files: Vec<OriginalFile>,
}

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginalFile {
    /// Its path in a registry.
    #[serde(with = "path_as_text")]
    pub path: RegistryPath,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no record.
    #[error("it is not a record of originals")]
    Damaged,
}

impl OriginalRecord {
    /// The record in `path`.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    pub fn load(path: &Path) -> Result<Self, RecordError> {
        let bytes = read_regular(path)?;
        let record: Self = serde_json::from_slice(&bytes).map_err(|_| RecordError::Damaged)?;
        let is_named = path.file_stem().is_some_and(|name| name.to_str() == Some(&record.manifest.hex()));
        if record.format == ORIGINAL_FORMAT && is_named { Ok(record) } else { Err(RecordError::Damaged) }
    }

    /// Its bytes.
    ///
    /// # Errors
    /// Never for a record that was made of what was read.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        Ok(serde_json::to_vec(self)?)
    }
}

mod path_as_text {
    use attune_registry::layout::RegistryPath;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &RegistryPath, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(path)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RegistryPath, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

//! The root that a person vouches for: a file, a fingerprint, or both.
//!
//! A fingerprint is the sha256 of a root's file, short enough to be read out over the telephone. Where it is
//! given, the root itself may come from anywhere, even from the bundle: it is the fingerprint that vouches.

use std::path::{Path, PathBuf};

use attune_registry::reader::MetadataFetch;
use attune_registry::source::Source;
use attune_registry::trust::{Fetch, Limits, TrustAnchor};
use attune_schemas::Digest;

use crate::error::InstallError;

/// What a person gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnchorSettings {
    /// A root metadata file.
    pub file: Option<PathBuf>,
    /// The sha256 that the root must have.
    pub fingerprint: Option<Digest>,
}

impl AnchorSettings {
    /// The root: from the file, or where there is only a fingerprint, the root in `source` that has it.
    pub(crate) fn resolve(&self, source: &dyn Source) -> Result<Option<TrustAnchor>, InstallError> {
        match (&self.file, self.fingerprint) {
            (Some(file), fingerprint) => read_anchor(file, fingerprint).map(Some),
            (None, Some(fingerprint)) => find_anchor(source, fingerprint).map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// Reads the root in `path`, which must have `fingerprint` if there is one.
pub(crate) fn read_anchor(path: &Path, fingerprint: Option<Digest>) -> Result<TrustAnchor, InstallError> {
    let bytes =
        fs_err::read(path).map_err(|source| InstallError::TrustFile { path: path.to_owned(), source })?;
    let actual = Digest::of(&bytes);
    if let Some(expected) = fingerprint.filter(|expected| *expected != actual) {
        return Err(InstallError::Fingerprint { path: path.to_owned(), expected, actual });
    }
    TrustAnchor::from_root_bytes(&bytes)
        .map_err(|source| InstallError::NotARootFile { path: path.to_owned(), source })
}

fn find_anchor(source: &dyn Source, fingerprint: Digest) -> Result<TrustAnchor, InstallError> {
    /// As many as a client would follow.
    const MAX_ROOTS: u32 = 256;
    let limit = Limits::default().root_bytes;
    for version in 1..=MAX_ROOTS {
        let name = format!("{version}.root.json");
        let found = MetadataFetch(source).fetch(&name, limit);
        let found =
            found.map_err(|error| attune_registry::trust::TrustError::Fetch { file: name, source: error })?;
        match found {
            // Not a byte of it is looked at before the digest is right.
            Some(bytes) if Digest::of(&bytes) == fingerprint => {
                return Ok(TrustAnchor::from_root_bytes(&bytes)?);
            }
            Some(_) => {}
            // A registry may have lost its oldest roots, not the first of several.
            None if version > 1 => break,
            None => {}
        }
    }
    Err(InstallError::NoSuchRoot { source_name: source.name(), fingerprint })
}

//! The root that a person vouches for: a file, a fingerprint, or both.
//!
//! A fingerprint is the sha256 of a root's file, short enough to be read out over the telephone. Where it is
//! given, the root itself may come from anywhere, even from the bundle: it is the fingerprint that vouches.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::reader::MetadataFetch;
use attune_registry::source::Source;
use attune_registry::trust::{Fetch, FetchError, Limits, MetadataError, TrustAnchor, TrustError};
use attune_schemas::Digest;
use attune_schemas::tuf::THIS_HOST;

/// Why a root cannot be trusted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnchorError {
    /// The file could not be read.
    #[error("could not read the root metadata to trust, `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file is not root metadata.
    #[error("`{}` is not the root metadata of a registry", path.display())]
    NotARootFile {
        /// The file.
        path: PathBuf,
        /// The fault.
        #[source]
        source: MetadataError,
    },
    /// The file is not the one whose fingerprint was given.
    #[error("`{}` has the fingerprint {actual}, not {expected}", path.display())]
    Fingerprint {
        /// The file.
        path: PathBuf,
        /// The fingerprint that was given.
        expected: Digest,
        /// The sha256 of the file.
        actual: Digest,
    },
    /// No root of the source has the fingerprint given.
    #[error("{source_name} has no root with the fingerprint {fingerprint}")]
    NoSuchRoot {
        /// The source.
        source_name: String,
        /// The fingerprint that was given.
        fingerprint: Digest,
    },
    /// A registry has the name that is kept for what the host signs itself.
    #[error(
        "{source_name} is of a registry `{THIS_HOST}`, the name that is kept for packs that this host signs itself"
    )]
    ReservedName {
        /// The file or source.
        source_name: String,
    },
    /// The roots of the source could not be read.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// The root or fingerprint that a person gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnchorSettings {
    /// A root metadata file.
    pub file: Option<PathBuf>,
    /// The sha256 that the root must have.
    pub fingerprint: Option<Digest>,
}

impl AnchorSettings {
    /// The root: from the file, or where there is only a fingerprint, the root in `source` that has it.
    pub(crate) fn resolve(&self, source: &dyn Source) -> Result<Option<TrustAnchor>, AnchorError> {
        match (&self.file, self.fingerprint) {
            (Some(file), fingerprint) => read_anchor(file, fingerprint).map(Some),
            (None, Some(fingerprint)) => {
                let found = find_anchor(source, fingerprint)?;
                require_free_name(&found, &source.name())?;
                Ok(Some(found))
            }
            (None, None) => Ok(None),
        }
    }
}

/// Reads the root in `path`, which must have `fingerprint` if there is one.
pub fn read_anchor(path: &Path, fingerprint: Option<Digest>) -> Result<TrustAnchor, AnchorError> {
    let bytes = fs_err::read(path).map_err(|source| AnchorError::File { path: path.to_owned(), source })?;
    let actual = Digest::of(&bytes);
    if let Some(expected) = fingerprint.filter(|expected| *expected != actual) {
        return Err(AnchorError::Fingerprint { path: path.to_owned(), expected, actual });
    }
    let anchor = TrustAnchor::from_root_bytes(&bytes)
        .map_err(|source| AnchorError::NotARootFile { path: path.to_owned(), source })?;
    require_free_name(&anchor, &format!("`{}`", path.display()))?;
    Ok(anchor)
}

/// Nobody else may be taken for this host.
fn require_free_name(anchor: &TrustAnchor, source_name: &str) -> Result<(), AnchorError> {
    if anchor.registry_name().is_this_host() {
        return Err(AnchorError::ReservedName { source_name: source_name.to_owned() });
    }
    Ok(())
}

fn find_anchor(source: &dyn Source, fingerprint: Digest) -> Result<TrustAnchor, AnchorError> {
    /// As many as a client would follow.
    const MAX_ROOTS: u32 = 256;
    let limit = Limits::default().root_bytes;
    let (mut is_any_there, mut refused) = (false, None);
    for version in 1..=MAX_ROOTS {
        let name = format!("{version}.root.json");
        let found = MetadataFetch(source).fetch(&name, limit);
        let found = match found {
            // As in the chain of roots: what may not be read may be absent.
            Err(source @ FetchError::Forbidden(_)) => {
                refused.get_or_insert(TrustError::Fetch { file: name, source });
                None
            }
            found => found.map_err(|error| TrustError::Fetch { file: name, source: error })?,
        };
        is_any_there |= found.is_some();
        match found {
            // Not a byte of it is looked at before the digest is right.
            Some(bytes) if Digest::of(&bytes) == fingerprint => {
                return Ok(TrustAnchor::from_root_bytes(&bytes).map_err(TrustError::from)?);
            }
            Some(_) => {}
            // A registry may have lost its oldest roots, not the first of several.
            None if version > 1 => break,
            None => {}
        }
    }
    match refused {
        // Not one root may be read: that says nothing about fingerprints.
        Some(refused) if !is_any_there => Err(refused.into()),
        _ => Err(AnchorError::NoSuchRoot { source_name: source.name(), fingerprint }),
    }
}

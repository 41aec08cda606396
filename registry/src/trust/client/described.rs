//! Metadata files that a role above describes: fetched within their limits and checked against it.

use attune_schemas::tuf::{MetaFile, Role, Snapshot};

use crate::trust::state::{Authority, Verified, role_file};

use super::error::TrustError;
use super::fetch::{Fetch, fetch_required};

/// A metadata file that the role above describes.
pub(super) struct Described<'a> {
    pub(super) authority: Authority<'a>,
    pub(super) meta: &'a MetaFile,
    pub(super) max_bytes: u64,
    /// Whether file names carry versions: consistent snapshots.
    pub(super) versioned: bool,
}

impl Described<'_> {
    /// The file: the host's copy if it still matches the description, else fetched.
    pub(super) fn obtain<R: Role>(
        &self,
        kept: Option<&[u8]>,
        source: &dyn Fetch,
    ) -> Result<Verified<R>, TrustError> {
        let file = self.file();
        if let Some(verified) = kept.and_then(|bytes| self.accept(&file, bytes).ok()) {
            return Ok(verified);
        }
        let Some(max_bytes) = self.limit() else {
            return Err(TrustError::TooLarge { file, max_bytes: self.max_bytes });
        };
        let bytes = fetch_required(source, &file, max_bytes)?;
        self.accept(&file, &bytes)
    }

    /// The name of the file.
    pub(super) fn file(&self) -> String {
        let plain = role_file(self.authority.role);
        if self.versioned { format!("{}.{plain}", self.meta.version) } else { plain }
    }

    /// The most bytes of the file (5.5.1, 5.6.1): those that are described; none where these are more than the limit.
    pub(super) fn limit(&self) -> Option<u64> {
        let max_bytes = self.meta.length.unwrap_or(self.max_bytes);
        (max_bytes <= self.max_bytes).then_some(max_bytes)
    }

    fn accept<R: Role>(&self, file: &str, bytes: &[u8]) -> Result<Verified<R>, TrustError> {
        // 5.5.2, 5.6.2
        self.meta.check(bytes).map_err(|source| TrustError::Mismatch { file: file.to_owned(), source })?;
        // 5.5.3, 5.6.3
        let verified = Verified::check(file, bytes, self.authority)?;
        // 5.5.4, 5.6.4
        let expected = self.meta.version.get();
        if verified.version() == expected {
            return Ok(verified);
        }
        Err(TrustError::WrongVersion { file: file.to_owned(), expected, actual: verified.version() })
    }
}

/// The description of targets role `role` in the snapshot.
pub(super) fn described_in<'a>(
    snapshot: &'a Verified<Snapshot>,
    role: &str,
) -> Result<&'a MetaFile, TrustError> {
    snapshot.role().role(role).ok_or_else(|| TrustError::NotInSnapshot { file: format!("{role}.json") })
}

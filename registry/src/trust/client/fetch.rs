//! Where metadata files come from: one narrow trait, and the limits that hold for every file.
//!
//! Nothing that comes through here is trusted. The bundle, directory and HTTP sides implement it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::error::TrustError;

/// A source of metadata files.
pub trait Fetch {
    /// The bytes of metadata file `name`, such as `3.root.json` or `timestamp.json`; percent-encoded
    /// where a delegated role's name has unusual characters, so never a path.
    ///
    /// `None` means that the source certainly does not have the file. Whatever else goes wrong is an
    /// error: reading a failure as an absence would let an attacker hide a newer root.
    fn fetch(&self, name: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, FetchError>;

    /// The bytes of `files`, each with the most bytes that it may have, in their order, as [`Self::fetch`] would give
    /// them. A source may fetch several at a time; the first failure ends the list.
    fn fetch_each(&self, files: &[(String, u64)]) -> Vec<Fetched> {
        let mut fetched = Vec::with_capacity(files.len());
        for (name, max_bytes) in files {
            fetched.push(self.fetch(name, *max_bytes));
            if fetched.last().is_some_and(Result::is_err) {
                break;
            }
        }
        fetched
    }
}

/// A file that was fetched, or why it was not; `None` means that the source certainly does not have it.
pub type Fetched = Result<Option<Vec<u8>>, FetchError>;

/// A source of which some files were fetched already; each is given once.
pub(super) struct FetchedAhead<'a> {
    source: &'a dyn Fetch,
    files: RefCell<BTreeMap<String, Fetched>>,
}

impl<'a> FetchedAhead<'a> {
    /// Fetches `files` of `source`.
    pub(super) fn of(source: &'a dyn Fetch, files: &[(String, u64)]) -> Self {
        let fetched = source.fetch_each(files);
        let names = files.iter().map(|(name, _)| name.clone());
        Self { source, files: RefCell::new(names.zip(fetched).collect()) }
    }
}

impl Fetch for FetchedAhead<'_> {
    fn fetch(&self, name: &str, max_bytes: u64) -> Fetched {
        let fetched = self.files.borrow_mut().remove(name);
        fetched.unwrap_or_else(|| self.source.fetch(name, max_bytes))
    }
}

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The file is larger than asked for.
    #[error("larger than {max_bytes} bytes")]
    TooLarge {
        /// The limit, inclusive.
        max_bytes: u64,
    },
    /// The source failed; the file may be good.
    #[error(transparent)]
    Source(Box<dyn std::error::Error + Send + Sync>),
    /// The source refuses the file, and says neither that it is there nor that it is not.
    #[error(transparent)]
    Forbidden(Box<dyn std::error::Error + Send + Sync>),
    /// The source is damaged.
    #[error(transparent)]
    Damaged(Box<dyn std::error::Error + Send + Sync>),
}

/// How large files may be, in bytes, inclusive. A length in the metadata lowers a limit, never raises
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// `N.root.json`.
    pub root_bytes: u64,
    /// `timestamp.json`.
    pub timestamp_bytes: u64,
    /// `N.snapshot.json`.
    pub snapshot_bytes: u64,
    /// `N.targets.json` and every delegated role.
    pub targets_bytes: u64,
}

impl FetchError {
    /// A failure of the source that says nothing about its files.
    pub fn source(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Source(error.into())
    }

    /// A refusal that may mean an absence.
    pub fn forbidden(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Forbidden(error.into())
    }

    /// Damage in the source.
    pub fn damaged(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Damaged(error.into())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            root_bytes: 512 * 1024,
            timestamp_bytes: 16 * 1024,
            snapshot_bytes: 16 * 1024 * 1024,
            targets_bytes: 64 * 1024 * 1024,
        }
    }
}

/// Files held in memory, by name: a bundle's metadata after reading, or a test's.
impl Fetch for BTreeMap<String, Vec<u8>> {
    fn fetch(&self, name: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, FetchError> {
        match self.get(name) {
            Some(bytes) if bytes.len() as u64 > max_bytes => Err(FetchError::TooLarge { max_bytes }),
            found => Ok(found.cloned()),
        }
    }
}

/// Fetches `file`, which may be absent.
pub(super) fn fetch_optional(
    source: &dyn Fetch,
    file: &str,
    max_bytes: u64,
) -> Result<Option<Vec<u8>>, TrustError> {
    let too_large = || TrustError::TooLarge { file: file.to_owned(), max_bytes };
    match source.fetch(file, max_bytes) {
        // The source was told the limit; that it kept to it is not taken on trust.
        Ok(Some(bytes)) if bytes.len() as u64 > max_bytes => Err(too_large()),
        Ok(found) => Ok(found),
        Err(FetchError::TooLarge { .. }) => Err(too_large()),
        Err(source) => Err(TrustError::Fetch { file: file.to_owned(), source }),
    }
}

/// Fetches `file`, which is the next of a series that ends somewhere.
///
/// A refusal ends it as well: object stores give one for what is absent, to readers who may not list it. Whoever
/// hides a file by it gains what they gain by saying that it is absent.
pub(super) fn fetch_next(
    source: &dyn Fetch,
    file: &str,
    max_bytes: u64,
) -> Result<Option<Vec<u8>>, TrustError> {
    match fetch_optional(source, file, max_bytes) {
        Err(TrustError::Fetch { source: FetchError::Forbidden(_), .. }) => Ok(None),
        result => result,
    }
}

/// Fetches `file`, which must be there.
pub(in crate::trust) fn fetch_required(
    source: &dyn Fetch,
    file: &str,
    max_bytes: u64,
) -> Result<Vec<u8>, TrustError> {
    fetch_optional(source, file, max_bytes)?.ok_or_else(|| TrustError::Missing { file: file.to_owned() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_at_the_limit_passes_and_one_byte_more_is_refused() {
        let files = BTreeMap::from([("a".to_owned(), vec![0; 10])]);
        assert!(fetch_optional(&files, "a", 10).is_ok());
        assert!(matches!(fetch_optional(&files, "a", 9), Err(TrustError::TooLarge { max_bytes: 9, .. })));
    }

    #[test]
    fn a_source_that_ignores_the_limit_is_refused() {
        struct Endless;
        impl Fetch for Endless {
            fn fetch(&self, _: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, FetchError> {
                Ok(Some(vec![0; usize::try_from(max_bytes).unwrap() + 1]))
            }
        }
        assert!(matches!(fetch_required(&Endless, "a", 4), Err(TrustError::TooLarge { .. })));
    }
}

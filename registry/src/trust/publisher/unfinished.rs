//! A change of root that was cut off: the newest root is there, and the metadata below it is signed for the one
//! before.

use jiff::Timestamp as Instant;

use crate::trust::client::{Fetch, FetchError, Limits, TrustError};

use super::repository::Repository;
use super::root_draft::RootDraft;

/// A source without one of its files.
struct Hiding<'a> {
    source: &'a dyn Fetch,
    hidden: String,
}

impl Fetch for Hiding<'_> {
    fn fetch(&self, name: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, FetchError> {
        if name == self.hidden { Ok(None) } else { self.source.fetch(name, max_bytes) }
    }
}

impl Repository {
    /// The registry as it was before its newest root, and that root, to be published anew with
    /// [`Repository::publish_root`]; `None` where there is no root but the first.
    ///
    /// To be asked where [`Repository::open`] finds that the metadata below root is not signed.
    ///
    /// # Errors
    /// The registry was not one before, either.
    pub fn open_before_newest(
        source: &dyn Fetch,
        now: Instant,
    ) -> Result<Option<(Self, RootDraft)>, TrustError> {
        let Some((name, bytes)) = newest_root(source)? else { return Ok(None) };
        let repository = Self::open(&Hiding { source, hidden: name }, now)?;
        Ok(Some((repository, RootDraft::parse(&bytes)?)))
    }
}

/// The root with the highest version, but for the first; by name, with its bytes.
fn newest_root(source: &dyn Fetch) -> Result<Option<(String, Vec<u8>)>, TrustError> {
    let mut newest = None;
    for version in 2_u64.. {
        let name = format!("{version}.root.json");
        let fetched = source.fetch(&name, Limits::default().root_bytes);
        let found = fetched.map_err(|source| TrustError::Fetch { file: name.clone(), source })?;
        let Some(bytes) = found else { break };
        newest = Some((name, bytes));
    }
    Ok(newest)
}

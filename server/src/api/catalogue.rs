//! The packs of the host, read from its database again when that changes.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use attune_host::database::{DatabaseStamp, PackRecord, database_stamp, pack_records};

use super::error::ApiError;
use super::shared::{Api, Shared, blocking};

/// The packs, as they were when they were read last.
#[derive(Debug, Default)]
pub(super) struct Catalogue(RwLock<Option<Arc<Snapshot>>>);

/// The packs at one time.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// By ref.
    pub(super) packs: Vec<PackRecord>,
    stamp: DatabaseStamp,
    /// Whether every later change changes the stamp.
    is_settled: bool,
}

impl Snapshot {
    /// The pack of that ref.
    pub(super) fn pack(&self, pack: &str) -> Result<&PackRecord, ApiError> {
        let found = self.packs.binary_search_by(|record| record.pack.as_str().cmp(pack));
        found.map(|index| &self.packs[index]).map_err(|_| ApiError::no_pack(pack))
    }
}

impl Catalogue {
    /// The packs of the host as they are now.
    pub(super) async fn packs(api: &Shared) -> Result<Arc<Snapshot>, ApiError> {
        // Looking at two files takes less time than it takes to hand the work to another thread.
        let stamp = database_stamp(&api.root)?;
        // Nothing panics while it holds the lock.
        let kept = api.catalogue.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept
            && kept.is_settled
            && kept.stamp == stamp
        {
            return Ok(kept);
        }
        let api = Arc::clone(api);
        blocking(move || read(&api)).await
    }
}

fn read(api: &Api) -> Result<Arc<Snapshot>, ApiError> {
    // The stamp comes first: a change while the rows are read makes them read again.
    let stamp = database_stamp(&api.root)?;
    let is_settled = stamp.is_settled(SystemTime::from((api.clock)()));
    let packs = pack_records(&api.root)?;
    let snapshot = Arc::new(Snapshot { packs, stamp, is_settled });
    *api.catalogue.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&snapshot));
    Ok(snapshot)
}

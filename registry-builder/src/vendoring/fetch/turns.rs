//! Who fetches a file that several packs want at the same time: one, and the others find it in the cache.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use attune_schemas::Digest;
use tokio::sync::Mutex as Turn;
use tokio::sync::OwnedMutexGuard;

/// The files that are being fetched by this process.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<Digest, Arc<Turn<()>>>>>);

impl Turns {
    /// Waits until nobody else fetches the file `key`; nobody else does until what is returned is dropped.
    pub(super) async fn take(&self, key: Digest) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(key).or_default())
        };
        turn.lock_owned().await
    }
}

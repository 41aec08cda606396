//! Who fetches or builds what several packs want at the same time: one, and the others find it in the cache.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use attune_schemas::Digest;
use tokio::sync::Mutex as Turn;
use tokio::sync::OwnedMutexGuard;

/// The files that are being fetched or built by this process.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<Digest, Arc<Turn<()>>>>>);

impl Turns {
    /// Waits until nobody else works on `key`; nobody else does until what is returned is dropped.
    pub(super) async fn take(&self, key: Digest) -> OwnedMutexGuard<()> {
        self.of(key).lock_owned().await
    }

    /// The same outside of asynchronous code.
    pub(super) fn wait(&self, key: Digest) -> OwnedMutexGuard<()> {
        self.of(key).blocking_lock_owned()
    }

    fn of(&self, key: Digest) -> Arc<Turn<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(key).or_default())
    }
}

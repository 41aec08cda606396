//! The things that packs have in common which are vendored at the same time.

use std::sync::{Mutex, PoisonError};

use super::python::FoundUv;
use super::settings::VendorSettings;
use attune_registry::fetch::{CacheError, DownloadCache};

/// The settings, the cache, and the uv that was found; shared by threads.
pub struct VendorSession<'a> {
    pub(super) settings: &'a VendorSettings,
    pub(super) uv: FoundUv,
    cache: Mutex<Option<DownloadCache>>,
}

impl<'a> VendorSession<'a> {
    /// One by `settings`; nothing is looked for or made before it is needed.
    pub fn new(settings: &'a VendorSettings) -> Self {
        Self { settings, uv: FoundUv::default(), cache: Mutex::default() }
    }

    /// The cache, opened once: those who fetch the same file know of each other.
    pub(super) fn cache(&self) -> Result<DownloadCache, CacheError> {
        let mut opened = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cache) = &*opened {
            return Ok(cache.clone());
        }
        let cache = DownloadCache::open(&self.settings.cache_dir)?;
        Ok(opened.insert(cache).clone())
    }
}

//! The uv that was found, once for all packs.

use std::sync::{Mutex, PoisonError};

use super::resolver::{Uv, UvSettings};
use super::tool::{PROGRAMS, find_uv};
use crate::vendoring::python::error::PythonError;
use attune_registry::fetch::DownloadCache;

/// The uv, as soon as one was needed.
#[derive(Debug, Default)]
pub(in crate::vendoring) struct FoundUv(Mutex<Option<Uv>>);

impl FoundUv {
    /// The uv by `settings`. Whoever asks while another looks for it, or fetches it, waits.
    pub(in crate::vendoring) fn get(
        &self,
        settings: &UvSettings,
        cache: &DownloadCache,
    ) -> Result<Uv, PythonError> {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(uv) = &*found {
            return Ok(uv.clone());
        }
        Ok(found.insert(find_uv(settings, cache, &PROGRAMS)?).clone())
    }
}

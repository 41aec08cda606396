//! The packs' files, from wherever they are.

use std::path::PathBuf;

use attune_registry::origin::{ObtainSettings, ObtainedPack, OriginError, PackSource, obtain};
use attune_registry::report::Reporter;
use attune_registry::workers::in_parallel;

use super::AddError;
use crate::operations::checked::PackPlace;
use crate::registry::RegistryDirectory;

/// Packs that were obtained; what of them is temporary is gone when this is dropped.
#[derive(Debug)]
pub struct ObtainedPacks(Vec<ObtainedPack>);

impl ObtainedPacks {
    /// What is removed when this is dropped, for whoever ends before that.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        self.0.iter().flat_map(ObtainedPack::leftovers).collect()
    }

    pub(super) fn places(&self) -> Vec<PackPlace> {
        let place = |pack: &ObtainedPack| PackPlace {
            name: pack.shown.clone(),
            directory: pack.directory.clone(),
            origin: pack.origin.clone(),
            is_obtained: !pack.leftovers().is_empty(),
        };
        self.0.iter().map(place).collect()
    }
}

/// Obtains the packs of all `sources` for `registry`, or none of them.
///
/// # Errors
/// The registry is none, or a source cannot be had.
pub fn obtain_all(
    registry: &std::path::Path,
    sources: &[PackSource],
    settings: &ObtainSettings,
    reporter: &dyn Reporter,
) -> Result<ObtainedPacks, AddError> {
    RegistryDirectory::open(registry)?;
    let obtained = in_parallel(sources, |source| obtain(source, settings, reporter));
    let obtained = obtained.into_iter().collect::<Result<Vec<_>, OriginError>>()?;
    settings.interrupt.check().map_err(|_| OriginError::Interrupted)?;
    Ok(ObtainedPacks(obtained))
}

//! The packs' files, from wherever they are.

use std::path::{Path, PathBuf};

use attune_registry::checksum::Checksum;
use attune_registry::origin::{
    IndexPlace, ObtainSettings, ObtainedPack, OriginError, PackIndexes, PackSource, obtain,
};
use attune_registry::report::Reporter;
use attune_registry::workers::in_parallel;
use attune_schemas::PackRequest;

use super::AddError;
use crate::operations::checked::PackPlace;
use crate::registry::RegistryDirectory;

/// A pack, as it was named.
#[derive(Debug, Clone)]
pub enum NamedPack {
    /// By its source.
    Source(Box<PackSource>),
    /// By its ref, to be looked up in indexes.
    Indexed {
        /// The pack.
        request: PackRequest,
        /// The checksum of its archive, instead of that of the index.
        checksum: Option<Checksum>,
    },
}

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
            expected: pack.expected.clone(),
        };
        self.0.iter().map(place).collect()
    }
}

/// Obtains all of `packs` for `registry`, or none of them; those that are named by ref are looked up in `indexes`.
///
/// # Errors
/// The registry is none, or a pack cannot be had.
pub fn obtain_all(
    registry: &Path,
    packs: &[NamedPack],
    indexes: &[IndexPlace],
    settings: &ObtainSettings,
    reporter: &dyn Reporter,
) -> Result<ObtainedPacks, AddError> {
    RegistryDirectory::open(registry)?;
    let mut indexes = PackIndexes::new(indexes, settings, reporter);
    let source = |named: &NamedPack| match named {
        NamedPack::Source(source) => Ok((**source).clone()),
        NamedPack::Indexed { request, checksum } => indexes.look_up(request, checksum.as_ref()),
    };
    let sources = packs.iter().map(source).collect::<Result<Vec<_>, OriginError>>()?;
    let obtained = in_parallel(&sources, |source| obtain(source, settings, reporter));
    let obtained = obtained.into_iter().collect::<Result<Vec<_>, OriginError>>()?;
    settings.interrupt.check().map_err(|_| OriginError::Interrupted)?;
    Ok(ObtainedPacks(obtained))
}

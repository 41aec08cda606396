//! The published releases of a pack, which must not change, and the texts that people read of it.

use attune_registry::archive::{ArchiveError, difference};
use attune_registry::blob::{BlobStore, HashingReader};
use attune_registry::packing::{ArchiveDescription, ReleaseError, archive};
use attune_schemas::origin::Origin;
use attune_schemas::pack_index::Release;
use attune_schemas::release::Descriptor;
use attune_schemas::{Platform, PythonMinor};

use super::error::AddError;
use crate::operations::checked::CheckedPack;
use crate::registry::Publisher;
use crate::vendoring::python::{Glibc, TargetKey, wheel_fits};

/// The targets that a pack is to be built for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) targets: &'a [(Platform, PythonMinor)],
    pub(super) platforms: &'a [Platform],
    pub(super) glibc: Glibc,
    pub(super) allow_missing: bool,
}

impl Asked<'_> {
    /// A published release never changes: the same pack is left alone, another is refused. Gives where the published
    /// files came from.
    pub(super) fn require_same(
        &self,
        publisher: &Publisher<'_>,
        pack: &CheckedPack,
        release: &Release,
        blobs: &BlobStore,
    ) -> Result<Option<Origin>, AddError> {
        let Self { targets, platforms, glibc, allow_missing } = *self;
        let metadata = &pack.metadata;
        let taken = |difference: String| AddError::VersionTaken {
            pack: metadata.pack.clone(),
            version: metadata.version.clone(),
            difference,
        };
        let published = publisher.release(&metadata.pack, release)?;
        if let Some(difference) = difference_of_files(pack, published.pack_layer(), blobs)? {
            return Err(taken(difference));
        }
        let lock = published.config.environments.python.as_ref();
        let has = |&(platform, python): &(Platform, PythonMinor)| {
            lock.is_some_and(|lock| {
                let served = lock.targets.iter().map(|target| (target.platform, target.python));
                let blocked = lock.blocked.iter().filter(|_| allow_missing);
                let blocked = blocked.map(|target| (target.platform, target.python));
                served.chain(blocked).any(|target| target == (platform, python))
            })
        };
        if let Some((platform, python)) = targets.iter().find(|target| !has(target)) {
            return Err(taken(format!("nothing vendored for Python {python} on {platform}")));
        }
        let asked = lock.iter().flat_map(|lock| &lock.targets);
        let asked = asked.filter(|target| targets.contains(&(target.platform, target.python)));
        for (target, wheel) in asked.flat_map(|target| target.wheels.iter().map(move |wheel| (target, wheel)))
        {
            if !wheel_fits(TargetKey::new(target.platform, target.python), glibc, &wheel.filename) {
                return Err(taken(format!("`{}`, which needs a newer glibc than {glibc}", wheel.filename)));
            }
        }
        let packages = published.config.environments.nodejs.as_ref();
        let has = |platform: &Platform| {
            packages.is_some_and(|lock| {
                let served = lock.targets.iter().map(|target| target.platform);
                let blocked = lock.blocked.iter().filter(|_| allow_missing);
                served.chain(blocked.map(|target| target.platform)).any(|other| other == *platform)
            })
        };
        match platforms.iter().find(|platform| !has(platform)) {
            Some(platform) => Err(taken(format!("no npm packages vendored for {platform}"))),
            None => Ok(published.config.origin.clone()),
        }
    }
}

/// The difference between the files of `pack` and those of the published archive `layer`, if there is one.
fn difference_of_files(
    pack: &CheckedPack,
    layer: &Descriptor,
    blobs: &BlobStore,
) -> Result<Option<String>, ReleaseError> {
    let opened = blobs.open(&layer.digest);
    let compared = opened.map_err(ArchiveError::from).and_then(|file| {
        let mut archive = HashingReader::new(file);
        let found = difference(pack.directory.sources(), &mut archive)?;
        Ok((found, archive.finish()))
    });
    match compared {
        Ok((found, bytes)) if bytes == (layer.digest, layer.size) => {
            Ok(found.map(|path| format!("other files: `{path}` is the first that differs")))
        }
        // Damaged or gone, the published archive says nothing; then its digest does.
        _ => {
            let ArchiveDescription { digest, .. } =
                archive(&pack.directory, &pack.metadata, blobs)?.described;
            let differs = digest != layer.digest;
            Ok(differs.then(|| format!("other files (archive {}, not {digest})", layer.digest)))
        }
    }
}

//! Releases that attune-build made, taken over as those that the host signs.

use std::path::Path;

use attune_registry::blob::BlobStore;
use attune_registry::reader::{MetadataFetch, RegistryReader, VerifiedRelease};
use attune_registry::source::DirectorySource;
use attune_registry::trust::Repository;
use attune_schemas::pack_config::PackConfig;
use attune_schemas::pack_index::{ManifestPointer, Release};
use attune_schemas::release::{CONFIG_MEDIA_TYPE, Descriptor, ReleaseManifest};
use jiff::Timestamp;

use super::error::UnsignedError;
use super::prepare::{Judged, PreparedPack};

/// Takes over the releases of `packs` in the registry at `built`, which nobody else could write to meanwhile.
pub(super) fn import(
    built: &Path,
    packs: &[(&Judged, &'static str)],
    blobs: &BlobStore,
) -> Result<Vec<PreparedPack>, UnsignedError> {
    let mut source = DirectorySource::new(built);
    // Whatever its clock is: it was made a moment ago.
    let repository = Repository::open(&MetadataFetch(&source), Timestamp::UNIX_EPOCH)
        .map_err(|error| UnsignedError::Built(Box::new(error)))?;
    let io = |source| UnsignedError::Io { path: built.to_owned(), source };
    let theirs = BlobStore::new(built);
    let mut prepared = Vec::new();
    for (judged, _) in packs {
        let metadata = &judged.metadata;
        let missing = || io(std::io::Error::new(std::io::ErrorKind::NotFound, "a release is not there"));
        let mut reader = RegistryReader::new(&mut source, repository.verified());
        let index = reader.pack_index(&metadata.pack)?.ok_or_else(missing)?;
        let release = index.release(&metadata.version).ok_or_else(missing)?;
        let verified = reader.release(&metadata.pack, release)?;
        for layer in &verified.manifest.layers {
            theirs.verify(&layer.digest, layer.size).map_err(|error| io(std::io::Error::other(error)))?;
            blobs.put_reader(theirs.open(&layer.digest).map_err(io)?).map_err(io)?;
        }
        let release = with_origin(judged, release.clone(), verified, blobs).map_err(io)?;
        prepared.push(judged.prepared(release));
    }
    Ok(prepared)
}

/// The release with the origin of its files, which attune-build saw in a directory.
fn with_origin(
    judged: &Judged,
    release: Release,
    verified: VerifiedRelease,
    blobs: &BlobStore,
) -> std::io::Result<Release> {
    let config = PackConfig { origin: judged.origin.clone(), ..verified.config };
    let config = put_json(blobs, &config)?;
    let config = Descriptor::new(CONFIG_MEDIA_TYPE, config.digest, config.size);
    let manifest = ReleaseManifest { config, ..verified.manifest };
    let size = manifest.total_size();
    Ok(Release { manifest: put_json(blobs, &manifest)?, size, ..release })
}

fn put_json(blobs: &BlobStore, value: &impl serde::Serialize) -> std::io::Result<ManifestPointer> {
    let bytes = serde_json::to_vec(value).map_err(std::io::Error::from)?;
    Ok(ManifestPointer { digest: blobs.put(&bytes)?, size: bytes.len() as u64 })
}

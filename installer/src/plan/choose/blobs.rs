//! The blobs that have business in a source.

use std::collections::{BTreeMap, BTreeSet};

use attune_host::generation::Generation;
use attune_registry::reader::{ReaderError, RegistryReader};
use attune_registry::source::SourceError;
use attune_schemas::Digest;
use attune_schemas::bundle::{BundleDescription, BundledRelease};
use attune_schemas::pack_index::Release;
use attune_schemas::runtime_index::RuntimeName;

use super::error::ChooseError;
use crate::plan::runtimes::bundled_runtimes;
use crate::source::VerifiedSource;

/// Digest and size of every blob that has business in `source`, if it is a bundle.
pub fn allowed_blobs(source: &mut VerifiedSource) -> Result<BTreeMap<Digest, u64>, ChooseError> {
    let Some(description) = source.source().description().cloned() else { return Ok(BTreeMap::new()) };
    let mut reader = source.reader();
    let mut allowed = bundled_blobs(&mut reader, Some(&description))?;
    for release in bundled_runtimes(&reader, &description)?.values().flatten() {
        allowed.insert(release.archive.digest, release.archive.size);
    }
    Ok(allowed)
}

/// The blobs that `source` has of the very releases that are installed, with their sizes; of a bundle all that it
/// carries.
pub fn installed_blobs(
    source: &mut VerifiedSource,
    active: &Generation,
) -> Result<BTreeMap<Digest, u64>, ChooseError> {
    if source.source().description().is_some() {
        return allowed_blobs(source);
    }
    let mut blobs = BTreeMap::new();
    let mut reader = source.reader();
    for (pack, installed) in &active.packs {
        let index = match reader.pack_index(pack) {
            // A part of a registry has the indexes of its own packs alone.
            Err(ReaderError::Missing { .. }) => None,
            index => index?,
        };
        let offered = index.and_then(|index| {
            index.releases.into_iter().find(|release| release.manifest.digest == installed.manifest)
        });
        if let Some(offered) = offered {
            match blobs_of(&mut reader, &offered) {
                Err(ReaderError::Source(SourceError::MissingBlobs { .. })) => {}
                found => blobs.extend(found?),
            }
        }
    }
    for runtime in RuntimeName::ALL {
        let index = match reader.runtime_index(runtime) {
            Err(ReaderError::Missing { .. }) => None,
            index => index?,
        };
        let releases = index.map(|index| index.releases).unwrap_or_default();
        blobs.extend(releases.into_iter().map(|release| (release.archive.digest, release.archive.size)));
    }
    Ok(blobs)
}

/// The blobs of every release of a bundle with their sizes, so that each that comes by can be told to
/// belong there.
fn bundled_blobs(
    reader: &mut RegistryReader<'_>,
    description: Option<&BundleDescription>,
) -> Result<BTreeMap<Digest, u64>, ChooseError> {
    let mut allowed = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for bundled in description.map(|description| &description.releases[..]).unwrap_or_default() {
        if !seen.insert(&bundled.pack) {
            return Err(ChooseError::ListedTwice { pack: bundled.pack.clone() });
        }
        let offered = reader.pack_index(&bundled.pack)?.and_then(|index| find(&index.releases, bundled));
        let offered = offered.ok_or_else(|| ChooseError::NotInIndex {
            pack: bundled.pack.clone(),
            version: bundled.version.clone(),
            manifest: bundled.manifest,
        })?;
        allowed.extend(blobs_of(reader, &offered)?);
    }
    Ok(allowed)
}

/// The blobs of a release, with their sizes, as its manifest names them.
fn blobs_of(reader: &mut RegistryReader<'_>, release: &Release) -> Result<Vec<(Digest, u64)>, ReaderError> {
    let manifest = reader.manifest(release)?;
    let layers = manifest.layers.iter().chain([&manifest.config]);
    let blobs = layers.map(|layer| (layer.digest, layer.size));
    Ok(blobs.chain([(release.manifest.digest, release.manifest.size)]).collect())
}

fn find(releases: &[Release], bundled: &BundledRelease) -> Option<Release> {
    let same = |release: &&Release| {
        release.version == bundled.version && release.manifest.digest == bundled.manifest
    };
    releases.iter().find(same).cloned()
}

//! Reads the contents of a source, as far as its metadata vouches.

use std::path::Path;

use attune_schemas::PackRef;
use attune_schemas::bundle::BundleDescription;
use attune_schemas::coverage::ReleaseCoverage;
use attune_schemas::pack_index::Release;
use attune_schemas::release::Descriptor;
use attune_schemas::runtime_index::RuntimeName;

use super::described::{Contents, DescribedBundle, DescribedRelease, DescribedRuntime};
use super::error::ContentsError;
use super::expected::files_for;
use super::opened::Roots;
use crate::blob::digest_of_reader;
use crate::reader::{RegistryReader, VerifiedRelease};
use crate::source::{Source, SourceError};
use crate::trust::VerifiedRepository;

/// The contents of `source`, whose metadata is `repository` and which is at `path`: of `packs`, or of all where none are
/// named.
///
/// # Errors
/// It has no such pack, or is not what its metadata says.
pub fn read_contents(
    source: &mut dyn Source,
    path: &Path,
    (repository, roots): (&VerifiedRepository, Roots),
    packs: &[PackRef],
) -> Result<Contents, ContentsError> {
    let description = source.description().cloned();
    let mut reader = RegistryReader::new(source, repository);
    let packs = match (packs, &description) {
        ([], Some(description)) => description.releases.iter().map(|release| release.pack.clone()).collect(),
        ([], None) => reader.known_packs(),
        (named, _) => named.to_vec(),
    };
    let mut releases = Vec::new();
    for pack in packs {
        let index = reader.pack_index(&pack)?.ok_or_else(|| ContentsError::NoPack { pack: pack.clone() })?;
        for release in index.releases.iter().filter(|release| is_held(description.as_ref(), release)) {
            let verified = reader.release(&pack, release)?;
            releases.push(described_release(&verified, description.as_ref()));
        }
    }
    let runtimes = described_runtimes(&reader, description.as_ref())?;
    Ok(Contents {
        registry: repository.registry_name().to_string(),
        roots,
        expires_at: repository.expires_at().to_string(),
        bundle: description.map(|description| described_bundle(path, description)).transpose()?,
        releases,
        runtimes,
    })
}

fn is_held(description: Option<&BundleDescription>, release: &Release) -> bool {
    description.is_none_or(|description| {
        description.releases.iter().any(|held| held.manifest == release.manifest.digest)
    })
}

/// A release; of a bundle, as far as it is there.
pub fn described_release(
    release: &VerifiedRelease,
    description: Option<&BundleDescription>,
) -> DescribedRelease {
    let archive = release.pack_layer().digest;
    let needed = description.map(|bundle| files_for(release, bundle));
    let is_there = |layer: &&Descriptor| needed.as_ref().is_none_or(|needed| needed.contains(&layer.digest));
    let vendored = release.manifest.layers.iter().filter(|layer| layer.digest != archive).filter(is_there);
    let size = release.pack_layer().size + vendored.clone().map(|layer| layer.size).sum::<u64>();
    let fits = |cell: &ReleaseCoverage| {
        description.is_none_or(|bundle| {
            cell.platform.is_none_or(|platform| bundle.platforms.contains(&platform))
                && cell.python.is_none_or(|python| bundle.pythons.contains(&python))
        })
    };
    let mut described =
        DescribedRelease::of(&release.config, release.manifest_digest, (size, vendored.count()));
    described.targets.retain(fits);
    described.requested =
        description.map(|bundle| bundle.requested.iter().any(|request| request.pack == described.pack));
    described
}

fn described_runtimes(
    reader: &RegistryReader<'_>,
    description: Option<&BundleDescription>,
) -> Result<Vec<DescribedRuntime>, ContentsError> {
    let mut runtimes = Vec::new();
    for runtime in RuntimeName::ALL {
        for release in reader.runtime_index(runtime)?.map(|index| index.releases).unwrap_or_default() {
            let is_held = description.is_none_or(|description| {
                description.runtimes.iter().any(|held| held.archive == release.archive.digest)
            });
            if is_held {
                runtimes.push(DescribedRuntime::of(runtime, release));
            }
        }
    }
    Ok(runtimes)
}

fn described_bundle(path: &Path, description: BundleDescription) -> Result<DescribedBundle, SourceError> {
    let is_file = fs_err::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let file = is_file
        .then(|| digest_of_reader(fs_err::File::open(path)?))
        .transpose()
        .map_err(SourceError::Open)?;
    let BundleDescription { requested, platforms, pythons, .. } = description;
    let (digest, size) = file.unzip();
    Ok(DescribedBundle { size, digest, requested, platforms, pythons })
}
